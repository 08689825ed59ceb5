WITH deleted AS (
    DELETE FROM pggit.tag WHERE name = $1::text RETURNING name, commit
), log AS (
    INSERT INTO pggit.reflog (branch_id, branch, old, who, action)
    SELECT 0, name, commit, $2::text, 'delete tag' FROM deleted
)
SELECT name FROM deleted
