WITH deleted AS (
    DELETE FROM pggit.branch WHERE name = $1::text AND id <> 1 RETURNING id, name, head
), log AS (
    INSERT INTO pggit.reflog (branch_id, branch, old, who, action)
    SELECT id, name, head, $2::text, 'delete' FROM deleted
)
SELECT id::text, pg_notify('pggit', '')::text FROM deleted
