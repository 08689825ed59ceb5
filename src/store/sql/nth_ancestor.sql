WITH RECURSIVE line (hash, back) AS (
    SELECT decode($1::text, 'hex'), 0::numeric
    UNION ALL
    SELECT p.parent, line.back + 1
    FROM line JOIN pggit.commit_parent AS p ON p.commit = line.hash AND p.ordinal = 0
    WHERE line.back < $2::text::numeric
)
SELECT encode(hash, 'hex') FROM line WHERE back = $2::text::numeric
