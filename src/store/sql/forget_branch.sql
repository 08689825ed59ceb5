DELETE FROM pggit.branch WHERE id = $1::text::bigint AND dropped_at IS NOT NULL
RETURNING pg_notify('pggit', '')::text
