UPDATE pggit.merge_request
SET state = 'closed', finished_by = $2::text, finished_at = clock_timestamp()
WHERE id = $1::text::bigint AND state = 'open'
RETURNING 'closed'
