WITH RECURSIVE wanted AS (
    SELECT hash, generation FROM pggit.commit WHERE hash = decode($1::text, 'hex')
), reachable (hash) AS (
    SELECT decode($2::text, 'hex')
    UNION
    -- A parent's generation is lower than its child's: below the wanted one there is nothing to find.
    SELECT p.parent
    FROM reachable AS r
    JOIN pggit.commit_parent AS p ON p.commit = r.hash
    JOIN pggit.commit AS c ON c.hash = p.parent
    WHERE c.generation >= (SELECT generation FROM wanted)
)
SELECT EXISTS (SELECT FROM reachable JOIN wanted USING (hash))::text
