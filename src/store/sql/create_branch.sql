WITH new_branch AS (
    INSERT INTO pggit.branch (name, head, created_by)
    VALUES ($1::text, decode($2::text, 'hex'), $3::text)
    RETURNING id, name, head
), schemas AS (
    INSERT INTO pggit.branch_schema (branch_id, logical, physical)
    SELECT new_branch.id, pair ->> 0, pair ->> 1
    FROM new_branch, jsonb_array_elements($4::text::jsonb) AS pair
), hydration AS (
    INSERT INTO pggit.hydration (branch_id, ledgers)
    SELECT new_branch.id, $5::text::jsonb FROM new_branch
), log AS (
    INSERT INTO pggit.reflog (branch_id, branch, new, who, action)
    SELECT id, name, head, $3::text, 'create' FROM new_branch
)
SELECT id::text, pg_notify('pggit', '')::text FROM new_branch
