UPDATE pggit.merge_conflict AS c
SET resolution = $3::text, custom_sql = $4::text, custom_definition = $5::text::json,
    resolved_by = $6::text, resolved_at = clock_timestamp()
FROM pggit.merge AS m
WHERE m.id = c.merge_id AND m.state = 'open'
  AND c.merge_id = $1::text::bigint AND c.id = $2::text::bigint
RETURNING c.id::text
