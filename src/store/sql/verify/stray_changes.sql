SELECT format('commit_change (%s, %s)', encode(x.lineage, 'hex'), encode(x.commit, 'hex')) AS row,
       'of a commit that does not exist' AS says, 'no such row' AS expected
FROM pggit.commit_change AS x
WHERE NOT EXISTS (SELECT FROM pggit.commit AS c WHERE c.hash = x.commit)
