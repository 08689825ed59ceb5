INSERT INTO pggit.ledger_base (branch_a, branch_b, lineage, rows)
SELECT least($1::text::bigint, l.other), greatest($1::text::bigint, l.other), decode(l.lineage, 'hex'), l.rows
FROM jsonb_to_recordset($2::text::jsonb) AS l (other bigint, lineage text, rows jsonb)
ON CONFLICT (branch_a, branch_b, lineage) DO UPDATE SET rows = excluded.rows
RETURNING 'set'
