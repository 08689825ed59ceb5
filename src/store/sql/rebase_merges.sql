SELECT m.id::text, encode(m.source_head, 'hex'),
       (SELECT count(*) FROM pggit.merge_conflict AS c WHERE c.merge_id = m.id AND c.resolution IS NULL)::text
FROM pggit.merge AS m
WHERE m.rebase = $1::text::bigint AND m.state = 'open'
ORDER BY m.id
