SELECT encode(r.hash, 'hex'), encode(c.tree, 'hex'),
       (SELECT coalesce(json_agg(encode(p.parent, 'hex') ORDER BY p.ordinal), '[]')::text
        FROM pggit.commit_parent AS p WHERE p.commit = c.hash),
       c.author, c.application, c.address, (extract(epoch FROM c.committed_at) * 1000000)::bigint::text,
       c.message, to_json(c.statements)::text,
       (SELECT coalesce(json_object_agg(encode(x.lineage, 'hex'), encode(x.object, 'hex')), '{}')::text
        FROM pggit.commit_change AS x WHERE x.commit = c.hash)
FROM reachable AS r LEFT JOIN pggit.commit AS c ON c.hash = r.hash
