-- Which commits of any branch changed an object with regard to their first parent, newest first.
SELECT encode(c.hash, 'hex'), encode(x.object, 'hex'), encode(c.tree, 'hex'),
       (SELECT coalesce(json_agg(json_build_array(encode(p.parent, 'hex'), encode(before.tree, 'hex'))
                                 ORDER BY p.ordinal), '[]')::text
        FROM pggit.commit_parent AS p JOIN pggit.commit AS before ON before.hash = p.parent
        WHERE p.commit = c.hash)
FROM pggit.commit_change AS x JOIN pggit.commit AS c ON c.hash = x.commit
WHERE x.lineage = decode($1::text, 'hex')
ORDER BY c.ordered_at DESC, c.generation DESC, c.hash
