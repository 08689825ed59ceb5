SELECT d.id::text, d.branch, d.schema, d.name, d.who, (extract(epoch FROM d.dropped_at) * 1000000)::int8::text,
       left(d.commit, 12), (extract(epoch FROM d.until) * 1000000)::int8::text
FROM pggit.dropped AS d
WHERE d.state = 'kept' AND d.branch = $1::text
ORDER BY d.id DESC
