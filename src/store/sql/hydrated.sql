-- Where a branch is and what it has of it, at one moment.
SELECT encode(c.tree, 'hex'), encode(l.lineage, 'hex')
FROM pggit.branch AS b JOIN pggit.commit AS c ON c.hash = b.head LEFT JOIN pggit.lineage AS l ON l.branch_id = b.id AND l.objsubid = 0
WHERE b.id = $1::text::bigint
