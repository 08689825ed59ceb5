-- One at a time drops what is left of a branch.
SELECT id::text FROM pggit.branch WHERE id = $1::text::bigint AND dropped_at IS NOT NULL FOR UPDATE SKIP LOCKED
