SELECT encode(lineage, 'hex'), encode(object, 'hex')
FROM pggit.commit_change WHERE commit = decode($1::text, 'hex') ORDER BY lineage
