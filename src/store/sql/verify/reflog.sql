-- Each entry starts where the one before it ended; what a branch that is gone has last is its end.
SELECT format('reflog %s of branch "%s"', r.id, r.branch) AS row,
       CASE WHEN r.old IS DISTINCT FROM r.before THEN 'from ' || coalesce(encode(r.old, 'hex'), 'nowhere')
            ELSE 'to ' || coalesce(encode(r.new, 'hex'), 'nowhere') END AS says,
       CASE WHEN r.old IS DISTINCT FROM r.before THEN 'from ' || coalesce(encode(r.before, 'hex'), 'nowhere')
            WHEN r.new IS NULL THEN 'a commit that exists'
            WHEN r.is_last AND b.id IS NULL THEN 'nowhere: the branch does not exist'
            ELSE 'a commit that exists' END AS expected
FROM (
    SELECT l.*, lag(l.new) OVER line AS before, lead(l.id) OVER line IS NULL AS is_last
    FROM pggit.reflog AS l
    -- Tags have a log of their own.
    WHERE l.branch_id <> 0
    WINDOW line AS (PARTITION BY l.branch_id ORDER BY l.id)
) AS r
LEFT JOIN pggit.branch AS b ON b.id = r.branch_id AND b.dropped_at IS NULL
WHERE r.old IS DISTINCT FROM r.before
   OR (r.new IS NULL) <> (r.is_last AND b.id IS NULL)
   OR r.new IS NOT NULL AND NOT EXISTS (SELECT FROM pggit.commit AS c WHERE c.hash = r.new)
ORDER BY r.branch_id, r.id
