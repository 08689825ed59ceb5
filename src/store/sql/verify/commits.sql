-- A column that cannot be what a commit has is given in a form that does not read back.
DECLARE pggit_verify CURSOR FOR
SELECT encode(c.hash, 'hex'), encode(c.tree, 'hex'), parents.hashes,
       c.author, c.application, c.address,
       CASE WHEN isfinite(c.committed_at) THEN (extract(epoch FROM c.committed_at) * 1000000)::bigint::text
            ELSE c.committed_at::text END,
       c.message,
       CASE WHEN array_ndims(c.statements) > 1 OR array_lower(c.statements, 1) <> 1 THEN ''
            ELSE to_json(c.statements)::text END,
       (SELECT encode(first.tree, 'hex') FROM pggit.commit_parent AS p JOIN pggit.commit AS first ON first.hash = p.parent
        WHERE p.commit = c.hash ORDER BY p.ordinal LIMIT 1)
FROM pggit.commit AS c,
     LATERAL (SELECT coalesce(json_agg(encode(p.parent, 'hex') ORDER BY p.ordinal), '[]')::text
              FROM pggit.commit_parent AS p WHERE p.commit = c.hash) AS parents (hashes)
ORDER BY c.ordered_at
