-- A branch's schemas. Look-ups, however many other objects there are.
SELECT encode(l.lineage, 'hex')
FROM pg_catalog.pg_namespace AS n CROSS JOIN LATERAL (
    SELECT l.lineage, l.branch_id FROM pggit.lineage AS l
    WHERE l.classid = 'pg_catalog.pg_namespace'::regclass AND l.objid = n.oid AND l.objsubid = 0
    OFFSET 0
) AS l
WHERE l.branch_id = $1::text::bigint
