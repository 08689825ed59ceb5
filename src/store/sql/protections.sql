SELECT b.id::text, b.name, to_json(p.roles)::text, p.approvals::text, p.protected_by
FROM pggit.protection AS p JOIN pggit.branch AS b ON b.id = p.branch_id
ORDER BY b.id <> 1, b.name
