SELECT encode(c.hash, 'hex'), encode(c.tree, 'hex'),
       (SELECT coalesce(json_agg(encode(p.parent, 'hex') ORDER BY p.ordinal), '[]')::text
        FROM pggit.commit_parent AS p WHERE p.commit = c.hash),
       c.author, c.application, c.address, (extract(epoch FROM c.committed_at) * 1000000)::bigint::text,
       c.message, to_json(c.statements)::text
FROM unnest($1::text::text[]) AS wanted (hash)
JOIN pggit.commit AS c ON c.hash = decode(wanted.hash, 'hex')
