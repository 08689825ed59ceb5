-- What commits changed with regard to their first parent; no more than $2 objects of each.
SELECT wanted.hash, encode(x.lineage, 'hex'), encode(x.object, 'hex')
FROM unnest($1::text::text[]) AS wanted (hash)
CROSS JOIN LATERAL (
    SELECT x.lineage, x.object FROM pggit.commit_change AS x
    WHERE x.commit = decode(wanted.hash, 'hex') LIMIT $2::text::bigint
) AS x
