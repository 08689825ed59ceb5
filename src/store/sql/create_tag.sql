WITH new_tag AS (
    INSERT INTO pggit.tag (name, commit, message, tagged_by)
    VALUES ($1::text, decode($2::text, 'hex'), $3::text, $4::text)
    RETURNING name, commit
), log AS (
    INSERT INTO pggit.reflog (branch_id, branch, new, who, action)
    SELECT 0, name, commit, $4::text, 'tag' FROM new_tag
)
SELECT name FROM new_tag
