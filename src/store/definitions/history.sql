-- History by object, for people and their tools: read-only, with or without the proxy.

CREATE OR REPLACE VIEW pggit.history AS
SELECT encode(x.lineage, 'hex') AS object,
       coalesce(d.body ->> 'declares', d.body ->> 'kind') AS kind,
       coalesce(nullif(d.body -> 'name' ->> 'schema', ''), d.body -> 'table' ->> 'schema') AS schema,
       CASE json_typeof(d.body -> 'name') WHEN 'object' THEN d.body -> 'name' ->> 'name' ELSE d.body ->> 'name' END AS name,
       CASE WHEN x.object IS NULL THEN 'drop' WHEN before.object IS NULL THEN 'create' ELSE 'alter' END AS change,
       encode(c.hash, 'hex') AS commit, c.author, c.committed_at AS date, c.message, o.definition
FROM pggit.commit_change AS x
JOIN pggit.commit AS c ON c.hash = x.commit
LEFT JOIN pggit.object AS o ON o.hash = x.object
-- The last commit before this one that made something of the object, whatever branch it was on.
LEFT JOIN LATERAL (
    SELECT y.object
    FROM pggit.commit_change AS y JOIN pggit.commit AS b ON b.hash = y.commit
    WHERE y.lineage = x.lineage AND (b.ordered_at, b.generation) < (c.ordered_at, c.generation)
    ORDER BY b.ordered_at DESC, b.generation DESC LIMIT 1
) AS before ON true
-- What was dropped is called as it was before.
LEFT JOIN pggit.object AS gone ON x.object IS NULL AND gone.hash = before.object
CROSS JOIN LATERAL (SELECT coalesce(o.definition, gone.definition) -> 'body') AS d (body)
ORDER BY c.ordered_at DESC, c.generation DESC, c.hash, kind, schema, name;
COMMENT ON VIEW pggit.history IS 'What each commit changed, object by object, newest first.';
