SELECT l.classid::text, l.objid::text, l.objsubid::text
FROM pggit.lineage AS l
WHERE l.branch_id = $1::text::bigint AND l.classid = 'pg_catalog.pg_class'::regclass AND l.objsubid = 0
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = l.objid)
