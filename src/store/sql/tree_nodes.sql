SELECT encode(n.hash, 'hex'), n.content::text
FROM unnest($1::text::text[]) AS wanted (hash)
JOIN pggit.tree_node AS n ON n.hash = decode(wanted.hash, 'hex')
