-- Where a branch is and what it has of it, at one moment.
SELECT encode(b.head, 'hex'), encode(l.lineage, 'hex')
FROM pggit.branch AS b LEFT JOIN pggit.lineage AS l ON l.branch_id = b.id AND l.objsubid = 0
WHERE b.id = $1::text::bigint
