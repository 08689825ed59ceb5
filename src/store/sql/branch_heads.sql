SELECT b.id::text, b.name, encode(c.hash, 'hex'), encode(c.tree, 'hex')
FROM pggit.branch AS b JOIN pggit.commit AS c ON c.hash = b.head
WHERE b.dropped_at IS NULL AND ($1::text IS NULL OR b.name = $1::text)
ORDER BY b.id
