WITH RECURSIVE of_a (hash) AS (
    SELECT decode($1::text, 'hex')
    UNION
    SELECT p.parent FROM of_a AS a JOIN pggit.commit_parent AS p ON p.commit = a.hash
), of_b (hash) AS (
    SELECT decode($2::text, 'hex')
    UNION
    SELECT p.parent FROM of_b AS b JOIN pggit.commit_parent AS p ON p.commit = b.hash
), common AS (
    SELECT hash FROM of_a INTERSECT SELECT hash FROM of_b
), best AS (
    -- Every ancestor of a common ancestor is one too, so the best are those that are nobody's parent.
    SELECT hash FROM common
    EXCEPT
    SELECT p.parent FROM common JOIN pggit.commit_parent AS p ON p.commit = common.hash
)
SELECT encode(c.hash, 'hex')
FROM best JOIN pggit.commit AS c ON c.hash = best.hash
ORDER BY c.committed_at DESC, c.hash
