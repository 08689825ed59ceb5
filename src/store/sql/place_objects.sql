-- Gives objects and columns of branch $1 the lineages in $2.
INSERT INTO pggit.lineage (classid, objid, objsubid, lineage, branch_id)
SELECT (item ->> 0)::oid, (item ->> 1)::oid, (item ->> 2)::integer, decode(item ->> 3, 'hex'), $1::text::bigint
FROM jsonb_array_elements($2::text::jsonb) AS item
ON CONFLICT (classid, objid, objsubid)
DO UPDATE SET lineage = excluded.lineage, branch_id = excluded.branch_id
