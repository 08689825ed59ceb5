SELECT format('protection of branch %s', p.branch_id) AS row, format('%s approvals', p.approvals) AS says,
       'of a branch that exists, by a role' AS expected
FROM pggit.protection AS p
WHERE NOT EXISTS (SELECT FROM pggit.branch AS b WHERE b.id = p.branch_id) OR p.approvals < 0 OR p.protected_by = ''
ORDER BY p.branch_id
