-- Operator classes among those of these OIDs, $1 (oid[]): one JSON object each.
SELECT json_build_object(
  'oid', o.oid::int8,
  'kind', 'operator_class',
  'schema', n.nspname,
  'name', o.opcname,
  'qualifier', m.amname,
  'owner', pg_get_userbyid(o.opcowner),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = o.oid AND s.classoid = 'pg_opclass'::regclass AND s.objsubid = 0),
  'statement', format(E'CREATE OPERATOR CLASS %I.%I%s FOR TYPE %s USING %I FAMILY %s AS\n    %s', n.nspname, o.opcname,
    CASE WHEN o.opcdefault THEN ' DEFAULT' END, format_type(o.opcintype, NULL), m.amname,
    (SELECT format('%I.%I', (SELECT fn.nspname FROM pg_namespace AS fn WHERE fn.oid = f.opfnamespace), f.opfname) FROM pg_opfamily AS f WHERE f.oid = o.opcfamily),
    (
      SELECT string_agg(i.item, E',\n    ' ORDER BY i.item) FROM (
        -- without members, the type itself says what is stored
        SELECT 'STORAGE ' || format_type(coalesce(nullif(o.opckeytype, 0), o.opcintype), NULL)
        WHERE o.opckeytype <> 0 OR NOT EXISTS (
          SELECT FROM pg_depend AS p WHERE p.refclassid = 'pg_opclass'::regclass AND p.refobjid = o.oid
            AND p.classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass))
        UNION ALL
        SELECT format('OPERATOR %s %I.%s (%s, %s)%s', a.amopstrategy, (SELECT opn.nspname FROM pg_namespace AS opn WHERE opn.oid = op.oprnamespace), op.oprname, format_type(op.oprleft, NULL), format_type(op.oprright, NULL), (
            SELECT format(' FOR ORDER BY %I.%I', (SELECT sn.nspname FROM pg_namespace AS sn WHERE sn.oid = s.opfnamespace), s.opfname)
            FROM pg_opfamily AS s WHERE s.oid = a.amopsortfamily))
        FROM pg_depend AS p JOIN pg_amop AS a ON a.oid = p.objid
          JOIN pg_operator AS op ON op.oid = a.amopopr
        WHERE p.refclassid = 'pg_opclass'::regclass AND p.refobjid = o.oid AND p.classid = 'pg_amop'::regclass
        UNION ALL
        SELECT format('FUNCTION %s (%s, %s) %s', a.amprocnum, format_type(a.amproclefttype, NULL), format_type(a.amprocrighttype, NULL),
          a.amproc::oid::regprocedure)
        FROM pg_depend AS p JOIN pg_amproc AS a ON a.oid = p.objid
        WHERE p.refclassid = 'pg_opclass'::regclass AND p.refobjid = o.oid AND p.classid = 'pg_amproc'::regclass
      ) AS i (item)
    )),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM (
      SELECT 'pg_opclass'::regclass AS class, o.oid AS oid
      UNION ALL SELECT p.classid, p.objid FROM pg_depend AS p
      WHERE p.refclassid = 'pg_opclass'::regclass AND p.refobjid = o.oid AND p.classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass)
    ) AS part CROSS JOIN LATERAL (
      SELECT d.refclassid, d.refobjid FROM pg_depend AS d
      WHERE d.classid = part.class AND d.objid = part.oid AND d.refclassid <> 'pg_namespace'::regclass
      OFFSET 0 -- keeps it a look-up
    ) AS p
    WHERE NOT (p.refclassid = 'pg_opclass'::regclass AND p.refobjid = o.oid)
  )
)::text
FROM pg_opclass AS o
  JOIN pg_namespace AS n ON n.oid = o.opcnamespace
  JOIN pg_am AS m ON m.oid = o.opcmethod
WHERE o.oid = ANY ($1::text::oid[])
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_opclass'::regclass AND p.objid = o.oid AND p.deptype = 'e')
