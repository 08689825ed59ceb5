-- With what a person decided of the same conflict in an earlier merge, where it is to be decided again.
SELECT c.merge_id::text, c.id::text, encode(c.lineage, 'hex'), c.object::text, c.attribute,
       c.base::text, c.source::text, c.target::text, c.resolution, c.custom_sql, c.custom_definition::text, c.resolved_by,
       (extract(epoch FROM c.resolved_at) * 1000000)::bigint::text, c.decided_by,
       c.source_number::text,
       earlier.merge_id::text, earlier.resolution, earlier.custom_sql
FROM pggit.merge_conflict AS c
JOIN pggit.merge AS m ON m.id = c.merge_id
LEFT JOIN LATERAL (
    SELECT e.merge_id, e.resolution, e.custom_sql
    FROM pggit.merge_conflict AS e JOIN pggit.merge AS done ON done.id = e.merge_id
    WHERE e.lineage = c.lineage AND e.attribute = c.attribute AND done.state = 'completed'
      AND e.base IS NOT DISTINCT FROM c.base
      AND e.source IS NOT DISTINCT FROM c.source
      AND e.target IS NOT DISTINCT FROM c.target
      AND e.decided_by IN ('person', 'memory')
    ORDER BY e.resolved_at DESC, e.merge_id DESC
    LIMIT 1
) AS earlier ON c.resolution IS NULL AND m.state = 'open'
WHERE c.merge_id = $1::text::bigint
ORDER BY c.id
