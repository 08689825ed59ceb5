DELETE FROM pggit.protection WHERE branch_id = $1::text::bigint RETURNING 'unprotected'
