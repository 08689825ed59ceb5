-- No session of a proxy is on a branch any more.
WITH gone AS (
    DELETE FROM pggit.branch_use WHERE branch_id = $1::text::bigint AND proxy = $2::text
)
UPDATE pggit.branch_expiry SET used_at = clock_timestamp() WHERE branch_id = $1::text::bigint
RETURNING branch_id::text
