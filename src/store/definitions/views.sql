-- History for people and their tools: read-only, with or without the proxy. They select from these views, so a
-- column keeps its place and its type; new ones come last.

CREATE OR REPLACE VIEW pggit.branches AS
SELECT b.name, encode(b.head, 'hex') AS head, c.message, c.author, b.updated_at, b.created_by, b.created_at,
       CASE
           WHEN h.branch_id IS NULL THEN 'ready'
           WHEN h.failure IS NOT NULL THEN 'failed: ' || h.failure
           WHEN h.total IS NULL THEN 'hydrating'
           ELSE format('hydrating %s of %s', h.done, h.total)
       END AS state,
       e.time_to_live,
       CASE WHEN NOT EXISTS (SELECT FROM pggit.protection AS p WHERE p.branch_id = b.id) THEN
           greatest(e.used_at, b.updated_at, (
               SELECT max(u.seen_at) FROM pggit.branch_use AS u WHERE u.branch_id = b.id)) + e.time_to_live
       END AS expires_at
FROM pggit.branch AS b
LEFT JOIN pggit.commit AS c ON c.hash = b.head
LEFT JOIN pggit.hydration AS h ON h.branch_id = b.id
LEFT JOIN pggit.branch_expiry AS e ON e.branch_id = b.id
WHERE b.dropped_at IS NULL;
COMMENT ON VIEW pggit.branches IS 'The branches, each with its last commit.';

CREATE OR REPLACE VIEW pggit.log AS
WITH RECURSIVE reachable (branch, hash) AS (
    SELECT name, head FROM pggit.branch WHERE head IS NOT NULL AND dropped_at IS NULL
    UNION
    SELECT r.branch, p.parent FROM reachable AS r JOIN pggit.commit_parent AS p ON p.commit = r.hash
)
SELECT r.branch, encode(c.hash, 'hex') AS commit, c.author, c.committed_at AS date, c.message, c.statements,
       c.application, c.address,
       ARRAY(SELECT encode(p.parent, 'hex') FROM pggit.commit_parent AS p
             WHERE p.commit = c.hash ORDER BY p.ordinal) AS parents
FROM reachable AS r JOIN pggit.commit AS c ON c.hash = r.hash
ORDER BY c.ordered_at DESC, c.generation DESC, r.branch;
COMMENT ON VIEW pggit.log IS 'The commits of each branch, newest first.';

CREATE OR REPLACE VIEW pggit.merges AS
SELECT m.id, array_to_string(m.source || m.more_sources, ', ') AS source, m.target, m.state, m.strategy, m.message, m.who, m.created_at,
       encode(m.commit, 'hex') AS commit, m.finished_by, m.finished_at,
       count(c.id) AS conflicts, count(c.id) FILTER (WHERE c.resolution IS NULL) AS unresolved,
       m.operation, m.history,
       ARRAY(SELECT encode(b.hash, 'hex') FROM unnest(m.bases) WITH ORDINALITY AS b (hash, n) ORDER BY b.n) AS bases,
       encode(m.source_head, 'hex') AS source_head, encode(m.target_head, 'hex') AS target_head,
       (SELECT count(*) FROM pggit.merge_object AS o WHERE o.merge_id = m.id AND o.result <> 'keep') AS objects,
       m.statements,
       ARRAY(SELECT encode(h.hash, 'hex') FROM unnest(m.source_head || m.more_heads) WITH ORDINALITY AS h (hash, n) ORDER BY h.n)
           AS source_heads
FROM pggit.merge AS m LEFT JOIN pggit.merge_conflict AS c ON c.merge_id = m.id
GROUP BY m.id
ORDER BY m.id DESC;
COMMENT ON VIEW pggit.merges IS 'Merges, reverts and picks, done or waiting for a decision.';

CREATE OR REPLACE VIEW pggit.conflicts AS
SELECT c.merge_id AS merge, c.id, m.state, c.object ->> 'kind' AS kind, c.object ->> 'schema' AS schema,
       c.object ->> 'name' AS name, c.attribute, c.base, c.source, c.target,
       c.resolution, c.custom_sql, c.resolved_by, c.resolved_at, c.decided_by,
       (m.source || m.more_sources)[c.source_number] AS origin
FROM pggit.merge_conflict AS c JOIN pggit.merge AS m ON m.id = c.merge_id
ORDER BY c.merge_id DESC, c.id;
COMMENT ON VIEW pggit.conflicts IS 'The conflicts of merges, with the value that each side has.';

CREATE OR REPLACE VIEW pggit.dropped AS
SELECT t.id, t.branch, s.logical AS schema, t.name, t.who, t.dropped_at,
       encode(moved.commit, 'hex') AS commit,
       CASE WHEN t.outcome IS NULL THEN t.expires_at END AS until,
       coalesce(t.outcome, CASE WHEN t.expires_at <= clock_timestamp() THEN 'expired' ELSE 'kept' END) AS state,
       t.ended_by, t.ended_at
FROM pggit.dropped_table AS t
CROSS JOIN LATERAL (
    SELECT coalesce((SELECT b.logical FROM pggit.branch_schema AS b
                     WHERE b.branch_id = t.branch_id AND b.physical = t.schema), t.schema)
) AS s (logical)
LEFT JOIN LATERAL (
    -- the commit of the same transaction comes next
    SELECT r.new FROM pggit.reflog AS r JOIN pggit.commit_change AS c ON c.commit = r.new
    WHERE r.branch_id = t.branch_id AND r.at >= t.dropped_at AND c.lineage = t.lineage AND c.object IS NULL
    ORDER BY r.id LIMIT 1
) AS moved (commit) ON true
ORDER BY t.id DESC;
COMMENT ON VIEW pggit.dropped IS 'Dropped tables whose rows were kept: until when they can come back, and what became of them.';

CREATE OR REPLACE VIEW pggit.tags AS
SELECT t.name, encode(t.commit, 'hex') AS commit, t.message, t.tagged_by, t.tagged_at
FROM pggit.tag AS t
ORDER BY t.tagged_at DESC, t.name;
COMMENT ON VIEW pggit.tags IS 'Names of commits that never move.';

CREATE OR REPLACE VIEW pggit.rebases AS
SELECT r.id, r.branch, encode(r.onto, 'hex') AS onto, r.onto_name, encode(r.head, 'hex') AS head, r.state, r.who, r.created_at,
       ARRAY(SELECT encode(h, 'hex') FROM unnest(r.skipped) AS h) AS skipped,
       encode(r.commit, 'hex') AS commit, r.finished_by, r.finished_at
FROM pggit.rebase AS r
ORDER BY r.id DESC;
COMMENT ON VIEW pggit.rebases IS 'Rebases: where the branch was, and where it went.';

CREATE OR REPLACE VIEW pggit.protections AS
SELECT b.name AS branch, p.roles, p.approvals, p.protected_by, p.protected_at
FROM pggit.protection AS p JOIN pggit.branch AS b ON b.id = p.branch_id;
COMMENT ON VIEW pggit.protections IS 'Branches that only merges change: who may merge, and how many others have to approve.';

CREATE OR REPLACE VIEW pggit.merge_requests AS
SELECT r.id, r.source, r.target, r.state, r.message, r.who, r.created_at, encode(r.commit, 'hex') AS commit,
       r.finished_by, r.finished_at,
       ARRAY(SELECT a.who FROM pggit.approval AS a
             WHERE a.request_id = r.id AND a.who <> r.who AND a.source_head = b.head ORDER BY a.approved_at) AS approved_by
FROM pggit.merge_request AS r LEFT JOIN pggit.branch AS b ON b.id = r.source_id;
COMMENT ON VIEW pggit.merge_requests IS 'Merges that somebody wishes others to approve, and who approves of the source as it is now.';

CREATE OR REPLACE VIEW pggit.approvals AS
SELECT a.request_id AS request, a.who, encode(a.source_head, 'hex') AS commit, a.comment, a.approved_at
FROM pggit.approval AS a;
COMMENT ON VIEW pggit.approvals IS 'Who approved of which commit for which merge request.';

CREATE OR REPLACE VIEW pggit.merge_objects AS
SELECT o.merge_id AS merge, o.object ->> 'kind' AS kind, o.object ->> 'schema' AS schema, o.object ->> 'name' AS name,
       o.object ->> 'qualifier' AS qualifier, o.kind AS merge_kind, o.result
FROM pggit.merge_object AS o
ORDER BY o.merge_id DESC, schema, name, kind;
COMMENT ON VIEW pggit.merge_objects IS 'The objects that each merge found to differ, and what it did to the target''s.';

CREATE OR REPLACE VIEW pggit.merge_decisions AS
SELECT d.merge_id AS merge, d.conflict_id AS conflict, c.object ->> 'kind' AS kind, c.object ->> 'schema' AS schema,
       c.object ->> 'name' AS name, c.attribute, d.resolution, d.custom_sql, d.decided_by, d.who, d.at
FROM pggit.merge_decision AS d
JOIN pggit.merge_conflict AS c ON c.merge_id = d.merge_id AND c.id = d.conflict_id
ORDER BY d.id;
COMMENT ON VIEW pggit.merge_decisions IS 'Every decision of a conflict in its time, also those that were taken again.';
