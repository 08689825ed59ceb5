DELETE FROM pggit.hydration WHERE branch_id = $1::text::bigint
RETURNING pg_notify('pggit', '')::text
