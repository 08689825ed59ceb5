-- Aggregates among the routines $1 (oid[]): one JSON object each.
SELECT json_build_object(
  'oid', f.oid::int8,
  'kind', 'aggregate',
  'schema', n.nspname,
  'name', f.proname,
  'qualifier', coalesce(nullif(pg_get_function_identity_arguments(f.oid), ''), '*'),
  'owner', pg_get_userbyid(f.proowner),
  'acl', (
    SELECT json_agg(json_build_array(CASE p.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(p.grantee) END, p.privilege_type, p.is_grantable))
    FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) AS p
  ),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = f.oid AND s.classoid = 'pg_proc'::regclass AND s.objsubid = 0),
  'security_labels', (SELECT json_agg(json_build_array(l.objsubid, l.provider, l.label)) FROM pg_seclabel AS l WHERE l.objoid = f.oid AND l.classoid = 'pg_proc'::regclass),
  'statement', format(E'CREATE AGGREGATE %I.%I(%s) (\n    %s\n)', n.nspname, f.proname, coalesce(nullif(pg_get_function_arguments(f.oid), ''), '*'), (
    SELECT string_agg(c.clause, E',\n    ' ORDER BY c.place)
    FROM (VALUES
      (1, 'SFUNC = ' || a.aggtransfn::text),
      (2, 'STYPE = ' || format_type(a.aggtranstype, NULL)),
      (3, 'SSPACE = ' || nullif(a.aggtransspace, 0)),
      (4, 'FINALFUNC = ' || nullif(a.aggfinalfn::text, '-')),
      (5, CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END),
      -- only where it is not the kind's default
      (6, 'FINALFUNC_MODIFY = ' || CASE WHEN a.aggfinalmodify <> d.modify THEN m.modify END),
      (7, 'COMBINEFUNC = ' || nullif(a.aggcombinefn::text, '-')),
      (8, 'SERIALFUNC = ' || nullif(a.aggserialfn::text, '-')),
      (9, 'DESERIALFUNC = ' || nullif(a.aggdeserialfn::text, '-')),
      (10, 'INITCOND = ' || quote_literal(a.agginitval)),
      (11, 'MSFUNC = ' || nullif(a.aggmtransfn::text, '-')),
      (12, 'MINVFUNC = ' || nullif(a.aggminvtransfn::text, '-')),
      (13, 'MSTYPE = ' || CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END),
      (14, 'MSSPACE = ' || nullif(a.aggmtransspace, 0)),
      (15, 'MFINALFUNC = ' || nullif(a.aggmfinalfn::text, '-')),
      (16, CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END),
      (17, 'MFINALFUNC_MODIFY = ' || CASE WHEN a.aggmtransfn <> 0 AND a.aggmfinalmodify <> d.modify THEN mm.modify END),
      (18, 'MINITCOND = ' || quote_literal(a.aggminitval)),
      (19, 'SORTOP = ' || (
        SELECT format('OPERATOR(%I.%s)', (SELECT sn.nspname FROM pg_namespace AS sn WHERE sn.oid = so.oprnamespace), so.oprname)
        FROM pg_operator AS so WHERE so.oid = a.aggsortop)),
      (20, CASE f.proparallel WHEN 's' THEN 'PARALLEL = safe' WHEN 'r' THEN 'PARALLEL = restricted' END),
      (21, CASE a.aggkind WHEN 'h' THEN 'HYPOTHETICAL' END)
    ) AS c (place, clause)
    WHERE c.clause IS NOT NULL
  )),
  -- follows from the functions
  'settings', json_build_object('result', pg_get_function_result(f.oid)),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM pg_depend AS p WHERE p.classid = 'pg_proc'::regclass AND p.objid = f.oid AND p.refclassid <> 'pg_namespace'::regclass
  )
)::text
FROM pg_proc AS f
  JOIN pg_namespace AS n ON n.oid = f.pronamespace
  JOIN pg_aggregate AS a ON a.aggfnoid = f.oid
  CROSS JOIN LATERAL (SELECT CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END) AS d (modify)
  CROSS JOIN LATERAL (SELECT CASE a.aggfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END) AS m (modify)
  CROSS JOIN LATERAL (SELECT CASE a.aggmfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END) AS mm (modify)
WHERE f.oid = ANY ($1::text::oid[])
  AND f.prokind = 'a'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_proc'::regclass AND p.objid = f.oid AND p.deptype IN ('e', 'i'))
