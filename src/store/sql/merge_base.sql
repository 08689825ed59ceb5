-- Looks at the commits of a generation of at least the lower one's less $3, and says whether a longer look could
-- find more.
WITH RECURSIVE lowest (generation) AS (
    SELECT min(generation) - $3::text::bigint FROM pggit.commit
    WHERE hash = decode($1::text, 'hex')
       OR hash = ANY (ARRAY(SELECT decode(h, 'hex') FROM unnest($2::text::text[]) AS h))
), of_a (hash) AS (
    SELECT decode($1::text, 'hex')
    UNION
    SELECT p.parent
    FROM of_a AS a
    JOIN pggit.commit_parent AS p ON p.commit = a.hash
    JOIN pggit.commit AS c ON c.hash = p.parent
    WHERE c.generation >= (SELECT generation FROM lowest)
), of_b (hash) AS (
    SELECT decode(h, 'hex') FROM unnest($2::text::text[]) AS h
    UNION
    SELECT p.parent
    FROM of_b AS b
    JOIN pggit.commit_parent AS p ON p.commit = b.hash
    JOIN pggit.commit AS c ON c.hash = p.parent
    WHERE c.generation >= (SELECT generation FROM lowest)
), common AS (
    SELECT hash FROM of_a INTERSECT SELECT hash FROM of_b
), best AS (
    -- Every ancestor of a common ancestor is one too, so the best are those that are nobody's parent.
    SELECT hash FROM common
    EXCEPT
    SELECT p.parent FROM common JOIN pggit.commit_parent AS p ON p.commit = common.hash
), one_sided AS (
    (SELECT hash FROM of_a UNION SELECT hash FROM of_b) EXCEPT SELECT hash FROM common
)
SELECT (SELECT coalesce(json_agg(encode(c.hash, 'hex') ORDER BY c.ordered_at DESC, c.hash), '[]')::text
        FROM best JOIN pggit.commit AS c ON c.hash = best.hash),
       EXISTS (
           SELECT FROM one_sided AS o
           JOIN pggit.commit_parent AS p ON p.commit = o.hash
           JOIN pggit.commit AS c ON c.hash = p.parent
           WHERE c.generation < (SELECT generation FROM lowest))::text
