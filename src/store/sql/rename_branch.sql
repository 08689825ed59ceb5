WITH renamed AS (
    UPDATE pggit.branch SET name = $2::text
    WHERE name = $1::text AND id <> 1 AND head IS NOT NULL AND dropped_at IS NULL
    RETURNING id, name, head
), log AS (
    INSERT INTO pggit.reflog (branch_id, branch, old, new, who, action)
    SELECT id, name, head, head, $3::text, 'rename from ' || $1::text FROM renamed
), merges AS (
    UPDATE pggit.merge
    SET source = CASE source WHEN $1::text THEN $2::text ELSE source END,
        more_sources = array_replace(more_sources, $1::text, $2::text),
        target = CASE target WHEN $1::text THEN $2::text ELSE target END
    WHERE state = 'open' AND ($1::text IN (source, target) OR $1::text = ANY (more_sources))
      AND EXISTS (SELECT FROM renamed)
)
SELECT id::text, pg_notify('pggit', '')::text FROM renamed
