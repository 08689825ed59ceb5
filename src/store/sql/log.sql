-- No ancestor has a higher ordered_at than its descendants: below the earliest that is wanted, nothing is.
WITH RECURSIVE earliest (ordered_at) AS (
    SELECT greatest(
        coalesce($3::text::timestamptz, '-infinity'),
        coalesce((
            SELECT max(ordered_at) FROM pggit.commit
            WHERE hash IN (SELECT decode(h, 'hex') FROM unnest($8::text::text[]) AS h)), '-infinity'),
        CASE WHEN $7::text IS NULL THEN '-infinity' ELSE coalesce((
            SELECT ordered_at FROM pggit.commit
            ORDER BY ordered_at DESC OFFSET $7::text::bigint LIMIT 1), '-infinity') END)
), reachable (hash) AS (
    SELECT * FROM (
        SELECT decode(h, 'hex') FROM unnest($1::text::text[]) AS h
        UNION
        SELECT head FROM pggit.branch WHERE $1::text IS NULL AND head IS NOT NULL AND dropped_at IS NULL
    ) AS heads
    UNION
    SELECT p.parent
    FROM reachable AS r
    JOIN pggit.commit_parent AS p ON p.commit = r.hash
    JOIN pggit.commit AS c ON c.hash = p.parent
    WHERE c.ordered_at >= (SELECT ordered_at FROM earliest)
)
SELECT encode(c.hash, 'hex'), encode(c.tree, 'hex'),
       (SELECT coalesce(json_agg(encode(p.parent, 'hex') ORDER BY p.ordinal), '[]')::text
        FROM pggit.commit_parent AS p WHERE p.commit = c.hash),
       c.author, c.application, c.address, (extract(epoch FROM c.committed_at) * 1000000)::bigint::text,
       c.message, to_json(c.statements)::text
FROM reachable AS r
JOIN pggit.commit AS c ON c.hash = r.hash
WHERE c.ordered_at >= (SELECT ordered_at FROM earliest)
  AND ($2::text IS NULL OR c.author = $2::text)
  AND ($3::text IS NULL OR c.committed_at >= $3::text::timestamptz)
  AND ($4::text IS NULL OR c.committed_at <= $4::text::timestamptz)
  AND ($5::text IS NULL OR EXISTS (
      SELECT FROM pggit.commit_change AS x WHERE x.lineage = decode($5::text, 'hex') AND x.commit = c.hash))
ORDER BY c.ordered_at DESC, c.generation DESC, c.hash
LIMIT $6::text::bigint
