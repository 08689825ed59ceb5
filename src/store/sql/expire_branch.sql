-- Takes the name of a branch that has been unused for as long as it may, and what is known of its objects. Its row stays until
-- they are gone, so that nobody takes its schemas for anybody else's. A protected branch stays.
WITH expired AS (
    UPDATE pggit.branch AS b SET dropped_at = clock_timestamp()
    FROM pggit.branch_expiry AS e
    WHERE e.branch_id = b.id AND b.id = $1::text::bigint AND b.id <> 1 AND b.dropped_at IS NULL
      AND greatest(e.used_at, b.updated_at, (
              SELECT max(u.seen_at) FROM pggit.branch_use AS u WHERE u.branch_id = b.id)) + e.time_to_live <= clock_timestamp()
      AND NOT EXISTS (SELECT FROM pggit.protection AS p WHERE p.branch_id = b.id)
      AND NOT EXISTS (
          SELECT FROM pggit.branch_use AS u
          WHERE u.branch_id = b.id AND u.seen_at > clock_timestamp() - interval '3 minutes')
    RETURNING b.id, b.name, b.head
), hydration AS (
    DELETE FROM pggit.hydration AS h USING expired WHERE h.branch_id = expired.id
), lineages AS (
    DELETE FROM pggit.lineage AS l USING expired WHERE l.branch_id = expired.id
), ledgers AS (
    DELETE FROM pggit.ledger_base AS l USING expired WHERE expired.id IN (l.branch_a, l.branch_b)
), log AS (
    INSERT INTO pggit.reflog (branch_id, branch, old, who, action)
    SELECT id, name, head, $2::text, 'expire' FROM expired
)
SELECT id::text, pg_notify('pggit', '')::text FROM expired
