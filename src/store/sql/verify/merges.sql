SELECT 'merge ' || m.id AS row, format('%s %s', named.what, encode(named.hash, 'hex')) AS says,
       'a commit that exists' AS expected
FROM pggit.merge AS m,
     LATERAL (
         SELECT 'commit', m.commit WHERE m.commit IS NOT NULL
         UNION ALL SELECT 'source_head', m.source_head
         UNION ALL SELECT 'target_head', m.target_head
         UNION ALL SELECT 'more_heads', unnest(m.more_heads)
         UNION ALL SELECT 'base', unnest(m.bases)
     ) AS named (what, hash)
WHERE NOT EXISTS (SELECT FROM pggit.commit AS c WHERE c.hash = named.hash)
ORDER BY m.id
