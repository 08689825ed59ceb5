-- Operator families among those of these OIDs, $1 (oid[]): one JSON object each. Settings are the members that
-- belong to no class.
SELECT json_build_object(
  'oid', y.oid::int8,
  'kind', 'operator_family',
  'schema', n.nspname,
  'name', y.opfname,
  'qualifier', m.amname,
  'owner', pg_get_userbyid(y.opfowner),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = y.oid AND s.classoid = 'pg_opfamily'::regclass AND s.objsubid = 0),
  'statement', format('CREATE OPERATOR FAMILY %I.%I USING %I', n.nspname, y.opfname, m.amname),
  'settings', coalesce((
    SELECT json_object_agg(i.item, i.value) FROM (
      SELECT format('OPERATOR %s (%s, %s)', a.amopstrategy, format_type(a.amoplefttype, NULL), format_type(a.amoprighttype, NULL)),
        format('%I.%s (%s, %s)%s', (SELECT opn.nspname FROM pg_namespace AS opn WHERE opn.oid = op.oprnamespace), op.oprname, format_type(op.oprleft, NULL), format_type(op.oprright, NULL), (
          SELECT format(' FOR ORDER BY %I.%I', (SELECT sn.nspname FROM pg_namespace AS sn WHERE sn.oid = s.opfnamespace), s.opfname)
          FROM pg_opfamily AS s WHERE s.oid = a.amopsortfamily))
      FROM pg_depend AS p JOIN pg_amop AS a ON a.oid = p.objid
        JOIN pg_operator AS op ON op.oid = a.amopopr
      WHERE p.refclassid = 'pg_opfamily'::regclass AND p.refobjid = y.oid AND p.classid = 'pg_amop'::regclass AND a.amopfamily = y.oid
      UNION ALL
      SELECT format('FUNCTION %s (%s, %s)', a.amprocnum, format_type(a.amproclefttype, NULL), format_type(a.amprocrighttype, NULL)),
        a.amproc::oid::regprocedure::text
      FROM pg_depend AS p JOIN pg_amproc AS a ON a.oid = p.objid
      WHERE p.refclassid = 'pg_opfamily'::regclass AND p.refobjid = y.oid AND p.classid = 'pg_amproc'::regclass
    ) AS i (item, value)
  ), '{}'),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM (
      SELECT 'pg_opfamily'::regclass AS class, y.oid AS oid
      UNION ALL SELECT p.classid, p.objid FROM pg_depend AS p
      WHERE p.refclassid = 'pg_opfamily'::regclass AND p.refobjid = y.oid AND p.classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass)
    ) AS part CROSS JOIN LATERAL (
      SELECT d.refclassid, d.refobjid FROM pg_depend AS d
      WHERE d.classid = part.class AND d.objid = part.oid AND d.refclassid <> 'pg_namespace'::regclass
      OFFSET 0 -- keeps it a look-up
    ) AS p
    WHERE NOT (p.refclassid = 'pg_opfamily'::regclass AND p.refobjid = y.oid)
  )
)::text
FROM pg_opfamily AS y
  JOIN pg_namespace AS n ON n.oid = y.opfnamespace
  JOIN pg_am AS m ON m.oid = y.opfmethod
WHERE y.oid = ANY ($1::text::oid[])
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_opfamily'::regclass AND p.objid = y.oid AND p.deptype = 'e')
