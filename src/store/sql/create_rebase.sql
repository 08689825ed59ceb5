INSERT INTO pggit.rebase (branch_id, branch, onto, onto_name, head, who)
SELECT b.id, b.name, decode($2::text, 'hex'), $3::text, decode($4::text, 'hex'), $5::text
FROM pggit.branch AS b WHERE b.name = $1::text AND b.dropped_at IS NULL
RETURNING id::text
