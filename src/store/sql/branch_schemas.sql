SELECT branch_id::text, logical, physical FROM pggit.branch_schema ORDER BY branch_id, logical
