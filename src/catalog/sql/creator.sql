-- The current role and its default privileges in all schemas: one JSON object.
SELECT json_build_object(
  'role', current_user::text,
  'grants', (
    SELECT json_agg(json_build_array(
      CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' END,
      (SELECT json_agg(json_build_array(CASE p.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(p.grantee) END, p.privilege_type, p.is_grantable))
       FROM aclexplode(d.defaclacl) AS p)))
    FROM pg_default_acl AS d JOIN pg_roles AS r ON r.oid = d.defaclrole
    WHERE r.rolname = current_user AND d.defaclnamespace = 0 AND d.defaclobjtype IN ('r', 'S', 'f', 'T', 'n')
  )
)::text
