SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', physical) FROM pggit.branch_schema WHERE branch_id = $1::text::bigint
