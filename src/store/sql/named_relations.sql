-- A branch's relations of these names. Look-ups, however many relations there are.
SELECT encode(l.lineage, 'hex')
FROM pg_class AS c CROSS JOIN LATERAL (
    SELECT l.lineage, l.branch_id FROM pggit.lineage AS l
    WHERE l.classid = 'pg_class'::regclass AND l.objid = c.oid AND l.objsubid = 0
    OFFSET 0
) AS l
WHERE c.relname = ANY (ARRAY(SELECT jsonb_array_elements_text($2::text::jsonb)::name))
  AND l.branch_id = $1::text::bigint
