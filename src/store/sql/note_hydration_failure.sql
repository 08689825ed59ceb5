UPDATE pggit.hydration SET failure = $2::text WHERE branch_id = $1::text::bigint
