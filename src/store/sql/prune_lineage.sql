DELETE FROM pggit.lineage AS l
WHERE CASE l.classid
    WHEN 'pg_class'::regclass THEN NOT EXISTS (SELECT FROM pg_class WHERE oid = l.objid)
    WHEN 'pg_proc'::regclass THEN NOT EXISTS (SELECT FROM pg_proc WHERE oid = l.objid)
    WHEN 'pg_type'::regclass THEN NOT EXISTS (SELECT FROM pg_type WHERE oid = l.objid)
    WHEN 'pg_namespace'::regclass THEN NOT EXISTS (SELECT FROM pg_namespace WHERE oid = l.objid)
    WHEN 'pg_trigger'::regclass THEN NOT EXISTS (SELECT FROM pg_trigger WHERE oid = l.objid)
    ELSE false
END
RETURNING l.objid::text
