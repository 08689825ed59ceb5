-- Sets a branch's time to live, or lets it live for ever.
WITH kept AS (
    SELECT b.id FROM pggit.branch AS b
    WHERE b.id = $1::text::bigint AND b.id <> 1 AND b.dropped_at IS NULL
), forever AS (
    DELETE FROM pggit.branch_expiry AS e USING kept WHERE e.branch_id = kept.id AND $2::text IS NULL
), expiring AS (
    INSERT INTO pggit.branch_expiry (branch_id, time_to_live)
    SELECT kept.id, $2::text::interval FROM kept WHERE $2::text IS NOT NULL
    ON CONFLICT (branch_id) DO UPDATE SET time_to_live = excluded.time_to_live, used_at = clock_timestamp()
)
SELECT id::text FROM kept
