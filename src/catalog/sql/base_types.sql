-- Base types and shells among the types $1 (oid[]): one JSON object each.
SELECT json_build_object(
  'oid', t.oid::int8,
  'kind', 'base_type',
  'schema', n.nspname,
  'name', t.typname,
  'owner', pg_get_userbyid(t.typowner),
  'acl', (
    SELECT json_agg(json_build_array(CASE p.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(p.grantee) END, p.privilege_type, p.is_grantable))
    FROM aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) AS p
  ),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = t.oid AND s.classoid = 'pg_type'::regclass AND s.objsubid = 0),
  'security_labels', (SELECT json_agg(json_build_array(l.objsubid, l.provider, l.label)) FROM pg_seclabel AS l WHERE l.objoid = t.oid AND l.classoid = 'pg_type'::regclass),
  'statement', format('CREATE TYPE %I.%I%s', n.nspname, t.typname, CASE WHEN t.typisdefined THEN format(E' (\n    %s\n)', concat_ws(E',\n    ',
    'INPUT = ' || t.typinput,
    'OUTPUT = ' || t.typoutput,
    'INTERNALLENGTH = ' || CASE t.typlen WHEN -1 THEN 'VARIABLE' ELSE t.typlen::text END,
    CASE WHEN t.typbyval THEN 'PASSEDBYVALUE' END,
    'ALIGNMENT = ' || CASE t.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'd' THEN 'double' ELSE 'int4' END,
    'CATEGORY = ' || quote_literal(nullif(t.typcategory::text, 'U')),
    CASE WHEN t.typispreferred THEN 'PREFERRED = true' END,
    'DEFAULT = ' || quote_literal(t.typdefault),
    CASE WHEN t.typelem <> 0 THEN 'ELEMENT = ' || format_type(t.typelem, NULL) END,
    'DELIMITER = ' || quote_literal(nullif(t.typdelim::text, ',')),
    CASE WHEN t.typcollation <> 0 THEN 'COLLATABLE = true' END)) END),
  'settings', CASE WHEN t.typisdefined THEN json_strip_nulls(json_build_object(
    'receive', nullif(t.typreceive::text, '-'),
    'send', nullif(t.typsend::text, '-'),
    'typmod_in', nullif(t.typmodin::text, '-'),
    'typmod_out', nullif(t.typmodout::text, '-'),
    'analyze', nullif(t.typanalyze::text, '-'),
    'subscript', nullif(t.typsubscript::text, '-'),
    'storage', CASE t.typstorage WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' WHEN 'm' THEN 'main' END
  )) ELSE '{}' END,
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM pg_depend AS p WHERE p.classid = 'pg_type'::regclass AND p.objid = t.oid AND p.refclassid <> 'pg_namespace'::regclass
  )
)::text
FROM pg_type AS t
  JOIN pg_namespace AS n ON n.oid = t.typnamespace
WHERE t.oid = ANY ($1::text::oid[])
  AND (t.typtype = 'b' OR NOT t.typisdefined)
  AND NOT EXISTS (SELECT FROM pg_type AS e WHERE e.oid = t.typelem AND e.typarray = t.oid)
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_type'::regclass AND p.objid = t.oid AND p.deptype = 'e')
