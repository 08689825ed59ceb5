-- What $1 reaches and $2 does not, oldest first, among the commits of a generation of at least the lower one's less $3; and
-- whether a longer look could find more.
WITH RECURSIVE lowest (generation) AS (
    SELECT min(generation) - $3::text::bigint FROM pggit.commit
    WHERE hash IN (decode($1::text, 'hex'), decode($2::text, 'hex'))
), of_tip (hash) AS (
    SELECT decode($1::text, 'hex')
    UNION
    SELECT p.parent
    FROM of_tip AS t
    JOIN pggit.commit_parent AS p ON p.commit = t.hash
    JOIN pggit.commit AS c ON c.hash = p.parent
    WHERE c.generation >= (SELECT generation FROM lowest)
), of_other (hash) AS (
    SELECT decode($2::text, 'hex')
    UNION
    SELECT p.parent
    FROM of_other AS o
    JOIN pggit.commit_parent AS p ON p.commit = o.hash
    JOIN pggit.commit AS c ON c.hash = p.parent
    WHERE c.generation >= (SELECT generation FROM lowest)
), own AS (
    SELECT hash FROM of_tip EXCEPT SELECT hash FROM of_other
)
SELECT (SELECT coalesce(json_agg(encode(c.hash, 'hex') ORDER BY c.ordered_at, c.generation, c.hash), '[]')::text
        FROM own JOIN pggit.commit AS c ON c.hash = own.hash),
       EXISTS (
           SELECT FROM own AS o
           JOIN pggit.commit_parent AS p ON p.commit = o.hash
           JOIN pggit.commit AS c ON c.hash = p.parent
           WHERE c.generation < (SELECT generation FROM lowest))::text
