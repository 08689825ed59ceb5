SELECT encode(o.hash, 'hex'), o.definition::text
FROM unnest($1::text::text[]) AS wanted (hash)
JOIN pggit.object AS o ON o.hash = decode(wanted.hash, 'hex')
