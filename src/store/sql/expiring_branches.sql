-- The branches that expire: for how long each may be unused, and how long it has been, in microseconds.
SELECT b.id::text, b.name,
       least(extract(epoch FROM e.time_to_live) * 1000000, 9e18)::bigint::text,
       (extract(epoch FROM clock_timestamp() - greatest(e.used_at, b.updated_at, max(u.seen_at))) * 1000000)::bigint::text,
       coalesce(max(u.seen_at) > clock_timestamp() - interval '3 minutes', false)::text
FROM pggit.branch_expiry AS e
JOIN pggit.branch AS b ON b.id = e.branch_id AND b.dropped_at IS NULL
LEFT JOIN pggit.branch_use AS u ON u.branch_id = b.id
-- Nobody drops a protected branch by not using it.
WHERE NOT EXISTS (SELECT FROM pggit.protection AS p WHERE p.branch_id = b.id)
GROUP BY b.id, e.branch_id
ORDER BY b.id
