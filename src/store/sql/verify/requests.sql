-- Approvals are of commits, by others than who asked; what is merged has a commit.
SELECT f.row, f.says, f.expected
FROM (
    SELECT format('approval of request %s by "%s"', a.request_id, a.who) AS row, encode(a.source_head, 'hex') AS says,
           CASE WHEN r.id IS NULL THEN 'of a request that exists'
                WHEN a.who = r.who THEN 'by another role than the one that asked'
                ELSE 'a commit that exists' END AS expected, a.request_id AS id
    FROM pggit.approval AS a LEFT JOIN pggit.merge_request AS r ON r.id = a.request_id
    WHERE r.id IS NULL OR a.who = r.who OR NOT EXISTS (SELECT FROM pggit.commit AS c WHERE c.hash = a.source_head)
    UNION ALL
    SELECT format('merge_request %s', r.id), coalesce(encode(r.commit, 'hex'), 'no commit'), 'a commit that exists, of a merge', r.id
    FROM pggit.merge_request AS r
    WHERE r.state = 'merged'
      AND NOT EXISTS (SELECT FROM pggit.merge AS m JOIN pggit.commit AS c ON c.hash = m.commit WHERE m.commit = r.commit)
) AS f
ORDER BY f.id
