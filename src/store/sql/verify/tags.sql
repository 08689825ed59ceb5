-- A tag is what its last entry in the reflog says.
SELECT format('tag "%s"', t.name) AS row, encode(t.commit, 'hex') AS says,
       CASE WHEN last.id IS NULL THEN 'an entry in the reflog'
            WHEN last.new IS DISTINCT FROM t.commit THEN coalesce(encode(last.new, 'hex'), 'no such tag')
            WHEN last.who <> t.tagged_by THEN format('made by %s', last.who)
            ELSE 'a commit that exists' END AS expected
FROM pggit.tag AS t
LEFT JOIN LATERAL (
    SELECT r.id, r.new, r.who FROM pggit.reflog AS r
    WHERE r.branch_id = 0 AND r.branch = t.name ORDER BY r.id DESC LIMIT 1
) AS last ON true
WHERE (t.commit, t.tagged_by) IS DISTINCT FROM (last.new, last.who)
   OR NOT EXISTS (SELECT FROM pggit.commit AS c WHERE c.hash = t.commit)
ORDER BY t.name
