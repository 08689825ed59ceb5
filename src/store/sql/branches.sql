SELECT b.id::text, b.name, encode(b.head, 'hex'), encode(c.tree, 'hex'),
       (extract(epoch FROM b.created_at) * 1000000)::bigint::text, b.created_by,
       (extract(epoch FROM b.updated_at) * 1000000)::bigint::text,
       (extract(epoch FROM greatest(e.used_at, b.updated_at, (
           SELECT max(u.seen_at) FROM pggit.branch_use AS u WHERE u.branch_id = b.id)) + e.time_to_live) * 1000000)::bigint::text,
       (h.branch_id IS NOT NULL)::text, h.done::text, h.total::text, h.failure
FROM pggit.branch AS b JOIN pggit.commit AS c ON c.hash = b.head
LEFT JOIN pggit.hydration AS h ON h.branch_id = b.id
LEFT JOIN pggit.branch_expiry AS e
  ON e.branch_id = b.id AND NOT EXISTS (SELECT FROM pggit.protection AS p WHERE p.branch_id = b.id)
WHERE b.dropped_at IS NULL AND ($1::text IS NULL OR b.name = $1::text)
ORDER BY b.id <> 1, b.name
