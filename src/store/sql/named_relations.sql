-- A branch's relations of these names.
SELECT encode(l.lineage, 'hex')
FROM jsonb_array_elements_text($2::text::jsonb) AS wanted (name)
JOIN pg_class AS c ON c.relname = wanted.name
JOIN pggit.lineage AS l ON l.classid = 'pg_class'::regclass AND l.objid = c.oid AND l.objsubid = 0
WHERE l.branch_id = $1::text::bigint
