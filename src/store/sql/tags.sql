SELECT t.name, encode(t.commit, 'hex'), t.message, t.tagged_by,
       (extract(epoch FROM t.tagged_at) * 1000000)::bigint::text
FROM pggit.tag AS t
WHERE $1::text IS NULL OR t.name = $1::text
ORDER BY t.tagged_at DESC, t.name
