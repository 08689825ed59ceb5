SELECT wanted.hash FROM unnest($1::text::text[]) AS wanted (hash)
WHERE NOT EXISTS (SELECT FROM pggit.object AS o WHERE o.hash = decode(wanted.hash, 'hex'))
