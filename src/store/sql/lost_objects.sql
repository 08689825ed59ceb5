SELECT l.classid::text, l.objid::text, l.objsubid::text
FROM pggit.lineage AS l
WHERE l.branch_id = $1::text::bigint AND l.objsubid = 0 AND CASE l.classid
    WHEN 'pg_catalog.pg_class'::regclass THEN NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = l.objid)
    WHEN 'pg_catalog.pg_default_acl'::regclass THEN NOT EXISTS (SELECT FROM pg_catalog.pg_default_acl AS d WHERE d.oid = l.objid)
  END
