-- What follows from a commit's parents.
SELECT 'commit ' || encode(c.hash, 'hex') AS row,
       format('generation %s, ordered_at %s', c.generation, c.ordered_at) AS says,
       format('generation %s, ordered_at %s', derived.generation, derived.ordered_at) AS expected
FROM pggit.commit AS c,
     LATERAL (SELECT 1 + coalesce(max(a.generation), 0), greatest(c.committed_at, max(a.ordered_at))
              FROM pggit.commit_parent AS p JOIN pggit.commit AS a ON a.hash = p.parent
              WHERE p.commit = c.hash) AS derived (generation, ordered_at)
WHERE (c.generation, c.ordered_at) IS DISTINCT FROM (derived.generation, derived.ordered_at)
ORDER BY c.generation
