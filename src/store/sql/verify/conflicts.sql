-- A conflict is of a merge, with as many sources, and decided where the merge is complete; its decision is the last one that was made.
SELECT format('merge_conflict (%s, %s)', k.merge_id, k.id) AS row,
       format('source %s, %s', k.source_number, coalesce(k.resolution, 'undecided')) AS says,
       CASE WHEN m.id IS NULL THEN 'of a merge that exists'
            WHEN k.source_number > 1 + cardinality(m.more_heads) THEN 'one of the sources'
            WHEN d.resolution IS NOT NULL THEN d.resolution
            ELSE 'decided' END AS expected
FROM pggit.merge_conflict AS k
LEFT JOIN pggit.merge AS m ON m.id = k.merge_id
LEFT JOIN LATERAL (
    SELECT e.resolution, e.custom_sql FROM pggit.merge_decision AS e
    WHERE e.merge_id = k.merge_id AND e.conflict_id = k.id ORDER BY e.id DESC LIMIT 1
) AS d ON true
WHERE m.id IS NULL
   OR k.source_number > 1 + cardinality(m.more_heads)
   OR k.resolution IS NULL AND m.state = 'completed' AND m.rebase IS NULL
   OR d.resolution IS NOT NULL AND (k.resolution, k.custom_sql) IS DISTINCT FROM (d.resolution, d.custom_sql)
ORDER BY k.merge_id, k.id
