-- What the current transaction has dropped and holds locked, as JSON [{"class", "oid"}]; NULL if no relation of a branch's is among it.
WITH locked AS MATERIALIZED (
  SELECT DISTINCT CASE l.locktype WHEN 'relation' THEN 'pg_class'::regclass::oid ELSE l.classid END AS class,
    CASE l.locktype WHEN 'relation' THEN l.relation ELSE l.objid END AS oid
  FROM pg_locks AS l
  WHERE l.pid = pg_backend_pid() AND l.database <> 0 AND l.locktype IN ('relation', 'object') AND l.mode = 'AccessExclusiveLock'
), dropped AS MATERIALIZED (
  SELECT class, oid FROM locked WHERE pg_describe_object(class, oid, 0) IS NULL
)
SELECT json_agg(json_build_object('class', class::int8, 'oid', oid::int8))::text
FROM dropped
HAVING bool_or(class = 'pg_class'::regclass AND (SELECT true FROM pggit.lineage AS l WHERE l.classid = class AND l.objid = oid AND l.objsubid = 0))
