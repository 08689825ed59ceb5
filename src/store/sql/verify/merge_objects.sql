-- What a merge did to an object is what its commit changed, where the commit follows the target's head.
SELECT format('merge_object (%s, %s)', o.merge_id, encode(o.lineage, 'hex')) AS row,
       format('%s, %s', o.kind, o.result) AS says,
       CASE WHEN m.id IS NULL THEN 'of a merge that is complete'
            WHEN o.kind NOT IN ('NO_CONFLICT', 'SOURCE_MODIFIED', 'TARGET_MODIFIED', 'DELETED_SOURCE', 'DELETED_TARGET', 'BOTH_MODIFIED')
            THEN 'a kind that an object can be of'
            WHEN x.commit IS NULL THEN 'keep' WHEN x.object IS NULL THEN 'drop' ELSE 'create, alter or keep' END AS expected
FROM pggit.merge_object AS o
LEFT JOIN pggit.merge AS m ON m.id = o.merge_id AND m.state = 'completed'
LEFT JOIN pggit.commit_parent AS p ON p.commit = m.commit AND p.ordinal = 0
LEFT JOIN pggit.commit_change AS x ON x.commit = m.commit AND x.lineage = o.lineage
WHERE m.id IS NULL
   OR o.kind NOT IN ('NO_CONFLICT', 'SOURCE_MODIFIED', 'TARGET_MODIFIED', 'DELETED_SOURCE', 'DELETED_TARGET', 'BOTH_MODIFIED')
   -- What only follows a rename is kept, though its text changes.
   OR p.parent = m.target_head
      AND ((o.result = 'drop') <> (x.commit IS NOT NULL AND x.object IS NULL)
           OR o.result IN ('create', 'alter') AND x.object IS NULL)
ORDER BY o.merge_id, o.lineage
