SELECT s.statement
FROM pggit.merge AS m, unnest(m.statements) WITH ORDINALITY AS s (statement, ordinal)
WHERE m.id = $1::text::bigint
ORDER BY s.ordinal
