SELECT id::text FROM pggit.branch WHERE dropped_at IS NOT NULL ORDER BY id
