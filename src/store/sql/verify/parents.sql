SELECT format('commit_parent (%s, %s)', encode(p.commit, 'hex'), p.ordinal) AS row,
       CASE WHEN NOT there.child THEN 'of a commit that does not exist'
            WHEN NOT there.parent THEN 'parent ' || encode(p.parent, 'hex')
            ELSE 'ordinal ' || p.ordinal END AS says,
       CASE WHEN NOT there.child THEN 'no such row'
            WHEN NOT there.parent THEN 'a commit that exists'
            ELSE 'ordinal ' || there.ordinal END AS expected
FROM (
    SELECT q.*, row_number() OVER (PARTITION BY q.commit ORDER BY q.ordinal) - 1 AS counted
    FROM pggit.commit_parent AS q
) AS p
LEFT JOIN pggit.commit AS child ON child.hash = p.commit
LEFT JOIN pggit.commit AS parent ON parent.hash = p.parent,
    LATERAL (SELECT child.hash IS NOT NULL, parent.hash IS NOT NULL, p.counted) AS there (child, parent, ordinal)
WHERE NOT (there.child AND there.parent AND p.ordinal = there.ordinal)
