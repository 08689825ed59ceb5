UPDATE pggit.hydration
SET done = $2::text::bigint, total = $3::text::bigint, failure = $4::text
WHERE branch_id = $1::text::bigint
