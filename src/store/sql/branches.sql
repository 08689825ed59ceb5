SELECT id::text, name, encode(head, 'hex'),
       (extract(epoch FROM created_at) * 1000000)::bigint::text, created_by,
       (extract(epoch FROM updated_at) * 1000000)::bigint::text
FROM pggit.branch
WHERE head IS NOT NULL AND ($1::text IS NULL OR name = $1::text)
ORDER BY id <> 1, name
