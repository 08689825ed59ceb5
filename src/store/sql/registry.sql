-- All that is known by a name or has schemas, main first: a branch's id, its name (null once it is dropped), whether its
-- objects are being made, and its schemas as JSON pairs of logical and physical.
SELECT b.id::text, CASE WHEN b.head IS NOT NULL AND b.dropped_at IS NULL THEN b.name END, (h.branch_id IS NOT NULL)::text,
       (SELECT coalesce(json_agg(json_build_array(s.logical, s.physical) ORDER BY s.logical), '[]')
        FROM pggit.branch_schema AS s WHERE s.branch_id = b.id)::text
FROM pggit.branch AS b LEFT JOIN pggit.hydration AS h ON h.branch_id = b.id
ORDER BY b.id <> 1, b.name
