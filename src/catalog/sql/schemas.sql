-- The schemas $1 (oid[]): one JSON object each.
SELECT json_build_object(
  'oid', n.oid::int8,
  'name', n.nspname,
  'owner', pg_get_userbyid(n.nspowner),
  'acl', (
    SELECT json_agg(json_build_array(CASE p.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(p.grantee) END, p.privilege_type, p.is_grantable))
    FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS p
  ),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = n.oid AND s.classoid = 'pg_namespace'::regclass AND s.objsubid = 0),
  'security_labels', (SELECT json_agg(json_build_array(l.objsubid, l.provider, l.label)) FROM pg_seclabel AS l WHERE l.objoid = n.oid AND l.classoid = 'pg_namespace'::regclass)
)::text
FROM pg_namespace AS n
WHERE n.oid = ANY ($1::text::oid[])
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_namespace'::regclass AND p.objid = n.oid AND p.deptype = 'e')
