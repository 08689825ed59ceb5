INSERT INTO pggit.protection AS p (branch_id, roles, approvals, protected_by)
VALUES ($1::text::bigint, ARRAY(SELECT jsonb_array_elements_text($2::text::jsonb)), $3::text::integer, $4::text)
ON CONFLICT (branch_id) DO UPDATE
SET roles = excluded.roles, approvals = excluded.approvals, protected_by = excluded.protected_by,
    protected_at = clock_timestamp()
RETURNING 'protected'
