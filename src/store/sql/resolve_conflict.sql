WITH decided AS (
    UPDATE pggit.merge_conflict AS c
    SET resolution = $3::text, custom_sql = $4::text, custom_definition = $5::text::json,
        resolved_by = $6::text, resolved_at = clock_timestamp(), decided_by = $7::text
    FROM pggit.merge AS m
    WHERE m.id = c.merge_id AND m.state = 'open'
      AND c.merge_id = $1::text::bigint AND c.id = $2::text::bigint
    RETURNING c.merge_id, c.id
), kept AS (
    INSERT INTO pggit.merge_decision (merge_id, conflict_id, resolution, custom_sql, decided_by, who)
    SELECT merge_id, id, $3::text, $4::text, $7::text, $6::text FROM decided
)
SELECT id::text FROM decided
