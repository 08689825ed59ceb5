SELECT m.id::text, m.operation,
       (SELECT json_agg(json_build_object('name', s.name, 'head', encode(s.head, 'hex')) ORDER BY s.n)::text
        FROM unnest(m.source || m.more_sources, m.source_head || m.more_heads) WITH ORDINALITY AS s (name, head, n)),
       m.target,
       (SELECT coalesce(json_agg(encode(h, 'hex') ORDER BY n), '[]')::text FROM unnest(m.bases) WITH ORDINALITY AS b (h, n)),
       encode(m.target_head, 'hex'), m.strategy, m.history, m.state, m.message, m.who,
       (extract(epoch FROM m.created_at) * 1000000)::bigint::text, encode(m.commit, 'hex'),
       (extract(epoch FROM m.finished_at) * 1000000)::bigint::text,
       count(c.id)::text, count(c.id) FILTER (WHERE c.resolution IS NULL)::text
FROM pggit.merge AS m LEFT JOIN pggit.merge_conflict AS c ON c.merge_id = m.id
WHERE $1::text IS NULL OR m.id = $1::text::bigint
GROUP BY m.id
ORDER BY m.id DESC
