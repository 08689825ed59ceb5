SELECT encode(new, 'hex') FROM pggit.reflog
WHERE branch_id = $1::text::bigint AND at <= $2::text::timestamptz AND new IS NOT NULL
ORDER BY id DESC LIMIT 1
