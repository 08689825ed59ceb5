SELECT encode(c.commit, 'hex'), encode(c.lineage, 'hex'), encode(c.object, 'hex')
FROM pggit.commit_change AS c
WHERE c.commit IN (SELECT decode(h, 'hex') FROM unnest($1::text::text[]) AS h)
