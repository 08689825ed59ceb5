-- Functions, window functions and procedures among the routines $1 (oid[]): one JSON object each.
SELECT json_build_object(
  'oid', f.oid::int8,
  'schema', n.nspname,
  'name', f.proname,
  'owner', pg_get_userbyid(f.proowner),
  'acl', (
    SELECT json_agg(json_build_array(CASE p.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(p.grantee) END, p.privilege_type, p.is_grantable))
    FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) AS p
  ),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = f.oid AND s.classoid = 'pg_proc'::regclass AND s.objsubid = 0),
  'security_labels', (SELECT json_agg(json_build_array(l.objsubid, l.provider, l.label)) FROM pg_seclabel AS l WHERE l.objoid = f.oid AND l.classoid = 'pg_proc'::regclass),
  'procedure', f.prokind = 'p',
  'window', f.prokind = 'w',
  'language', l.lanname,
  'body_schemas', (SELECT json_agg(s.nspname) FROM pg_namespace AS s WHERE strpos(lower(f.prosrc), lower(s.nspname)) > 0),
  'input_types', (
    SELECT string_agg(format_type(a.type, NULL), ', ' ORDER BY a.position)
    FROM unnest(f.proargtypes) WITH ORDINALITY AS a (type, position)
  ),
  'arguments', pg_get_function_identity_arguments(f.oid),
  'result', pg_get_function_result(f.oid),
  'definition', pg_get_functiondef(f.oid),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM pg_depend AS p
    WHERE p.classid = 'pg_proc'::regclass AND p.objid = f.oid
      AND p.refclassid <> 'pg_namespace'::regclass
      AND NOT (p.refclassid = 'pg_proc'::regclass AND p.refobjid = f.oid)
  )
)::text
FROM pg_proc AS f
  JOIN pg_namespace AS n ON n.oid = f.pronamespace
  JOIN pg_language AS l ON l.oid = f.prolang
WHERE f.oid = ANY ($1::text::oid[])
  AND f.prokind IN ('f', 'p', 'w')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_proc'::regclass AND p.objid = f.oid AND p.deptype IN ('e', 'i'))
