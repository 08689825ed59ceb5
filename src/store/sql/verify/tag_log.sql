-- A tag is made where there is none, deleted where it was, and there if that is the last that is said of it.
SELECT format('reflog %s of tag "%s"', r.id, r.branch) AS row,
       CASE WHEN r.old IS DISTINCT FROM r.before THEN 'from ' || coalesce(encode(r.old, 'hex'), 'nowhere')
            ELSE 'to ' || coalesce(encode(r.new, 'hex'), 'nowhere') END AS says,
       CASE WHEN r.old IS DISTINCT FROM r.before THEN 'from ' || coalesce(encode(r.before, 'hex'), 'nowhere')
            WHEN r.is_last THEN 'what the tag says'
            ELSE 'a commit that exists' END AS expected
FROM (
    SELECT l.*, lag(l.new) OVER line AS before, lead(l.id) OVER line IS NULL AS is_last
    FROM pggit.reflog AS l
    WHERE l.branch_id = 0
    WINDOW line AS (PARTITION BY l.branch ORDER BY l.id)
) AS r
LEFT JOIN pggit.tag AS t ON t.name = r.branch
WHERE r.old IS DISTINCT FROM r.before
   OR r.is_last AND r.new IS DISTINCT FROM t.commit
   OR r.new IS NOT NULL AND NOT EXISTS (SELECT FROM pggit.commit AS c WHERE c.hash = r.new)
ORDER BY r.id
