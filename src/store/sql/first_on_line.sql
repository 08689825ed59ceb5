-- The first of the commits $2 that first parents lead to from $1.
WITH RECURSIVE wanted (hashes) AS (
    SELECT ARRAY(SELECT decode(h, 'hex') FROM unnest($2::text::text[]) AS h)
), line (hash, is_wanted) AS (
    SELECT decode($1::text, 'hex'), decode($1::text, 'hex') = ANY (hashes) FROM wanted
    UNION ALL
    SELECT p.parent, p.parent = ANY ((SELECT hashes FROM wanted)::bytea[])
    FROM line JOIN pggit.commit_parent AS p ON p.commit = line.hash AND p.ordinal = 0
    WHERE NOT line.is_wanted
)
SELECT encode(hash, 'hex') FROM line WHERE is_wanted
