SELECT r.id::text, b.name, encode(r.onto, 'hex'), r.onto_name, encode(r.head, 'hex'), r.who,
       (SELECT coalesce(json_agg(encode(h, 'hex')), '[]')::text FROM unnest(r.skipped) AS h)
FROM pggit.rebase AS r JOIN pggit.branch AS b ON b.id = r.branch_id
WHERE r.state = 'open' AND b.name = $1::text AND b.dropped_at IS NULL
