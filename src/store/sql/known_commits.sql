SELECT encode(c.hash, 'hex'), c.generation::text, (extract(epoch FROM c.ordered_at) * 1000000)::bigint::text
FROM unnest($1::text::text[]) AS wanted (hash)
JOIN pggit.commit AS c ON c.hash = decode(wanted.hash, 'hex')
