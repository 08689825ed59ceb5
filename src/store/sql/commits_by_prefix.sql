SELECT encode(hash, 'hex') FROM pggit.commit
WHERE hash BETWEEN decode($1::text, 'hex') AND decode($2::text, 'hex')
ORDER BY hash LIMIT 5
