-- The branch stays where it is; writing it all the same keeps the log in order.
WITH ended AS (
    UPDATE pggit.dropped_table AS t
    SET outcome = $2::text, ended_by = $3::text, ended_at = clock_timestamp()
    WHERE t.id = $1::text::bigint
    RETURNING t.branch_id, t.schema, t.name, t.dropped_at
), branch AS (
    UPDATE pggit.branch AS b SET head = b.head
    FROM ended AS e
    WHERE b.id = e.branch_id
    RETURNING b.id, b.name, b.head, e.schema, e.name AS relation, e.dropped_at
)
INSERT INTO pggit.reflog (branch_id, branch, old, new, who, action)
SELECT b.id, b.name, b.head, b.head, $3::text,
       format('%s table %I.%I, dropped at %s', $2::text, b.schema, b.relation, b.dropped_at)
FROM branch AS b
RETURNING id::text
