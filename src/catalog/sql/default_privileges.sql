-- Default privileges in a schema among those of these OIDs, $1 (oid[]): one JSON object each.
SELECT json_build_object(
  'oid', d.oid::int8,
  'kind', 'default_privileges',
  'schema', n.nspname,
  'name', pg_get_userbyid(d.defaclrole),
  'qualifier', CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' END,
  'acl', (
    SELECT json_agg(json_build_array(CASE p.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(p.grantee) END, p.privilege_type, p.is_grantable))
    FROM aclexplode(d.defaclacl) AS p
  ),
  'comment', NULL,
  'statement', ''
)::text
FROM pg_default_acl AS d
  JOIN pg_namespace AS n ON n.oid = d.defaclnamespace
WHERE d.oid = ANY ($1::text::oid[])
  AND d.defaclobjtype IN ('r', 'S', 'f', 'T')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
