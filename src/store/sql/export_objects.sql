SELECT encode(named.object, 'hex'), o.definition::text
FROM (SELECT DISTINCT x.object FROM reachable AS r JOIN pggit.commit_change AS x ON x.commit = r.hash
      WHERE x.object IS NOT NULL) AS named
LEFT JOIN pggit.object AS o ON o.hash = named.object
