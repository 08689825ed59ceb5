INSERT INTO pggit.merge_request (source_id, source, target_id, target, message, who)
VALUES ($1::text::bigint, $2::text, $3::text::bigint, $4::text, $5::text, $6::text)
RETURNING id::text
