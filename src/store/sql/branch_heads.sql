SELECT b.id::text, b.name, encode(c.hash, 'hex'), encode(c.tree, 'hex')
FROM pggit.branch AS b JOIN pggit.commit AS c ON c.hash = b.head
ORDER BY b.id
