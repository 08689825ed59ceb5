-- A branch is where its last entry in the reflog says, and that is a commit.
SELECT format('branch %s "%s"', b.id, b.name) AS row,
       format('"%s" at %s', b.name, coalesce(encode(b.head, 'hex'), 'no commit')) AS says,
       CASE WHEN last.id IS NULL THEN 'an entry in the reflog'
            WHEN (b.name, b.head) IS DISTINCT FROM (last.branch, last.new)
            THEN format('"%s" at %s', last.branch, coalesce(encode(last.new, 'hex'), 'no commit'))
            ELSE 'a commit that exists' END AS expected
FROM pggit.branch AS b
LEFT JOIN LATERAL (
    SELECT r.id, r.branch, r.new FROM pggit.reflog AS r WHERE r.branch_id = b.id ORDER BY r.id DESC LIMIT 1
) AS last ON true
-- One that has expired is as good as gone.
WHERE b.dropped_at IS NULL
  AND ((b.name, b.head) IS DISTINCT FROM (last.branch, last.new)
       OR NOT EXISTS (SELECT FROM pggit.commit AS c WHERE c.hash = b.head))
ORDER BY b.id
