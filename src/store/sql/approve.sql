INSERT INTO pggit.approval (request_id, source_head, who, comment)
SELECT r.id, b.head, $2::text, $3::text
FROM pggit.merge_request AS r JOIN pggit.branch AS b ON b.id = r.source_id
WHERE r.id = $1::text::bigint AND r.state = 'open'
ON CONFLICT DO NOTHING
RETURNING 'approved'
