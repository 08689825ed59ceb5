WITH deleted AS (
    DELETE FROM pggit.branch WHERE name = $1::text AND id <> 1 AND dropped_at IS NULL RETURNING id, name, head
), lineages AS (
    DELETE FROM pggit.lineage AS l USING deleted WHERE l.branch_id = deleted.id
), ledgers AS (
    DELETE FROM pggit.ledger_base AS l USING deleted WHERE deleted.id IN (l.branch_a, l.branch_b)
), log AS (
    INSERT INTO pggit.reflog (branch_id, branch, old, who, action)
    SELECT id, name, head, $2::text, 'delete' FROM deleted
)
SELECT id::text, pg_notify('pggit', '')::text FROM deleted
