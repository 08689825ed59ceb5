SELECT encode(lineage, 'hex') FROM pggit.lineage
WHERE classid = 'pg_catalog.pg_namespace'::regclass AND branch_id = $1::text::bigint
