-- Sessions of a proxy are on a branch.
INSERT INTO pggit.branch_use (branch_id, proxy)
SELECT b.id, $2::text FROM pggit.branch AS b WHERE b.id = $1::text::bigint AND b.dropped_at IS NULL
ON CONFLICT (branch_id, proxy) DO UPDATE SET seen_at = clock_timestamp()
RETURNING branch_id::text
