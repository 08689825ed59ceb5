WITH skipped AS (
    UPDATE pggit.rebase SET skipped = skipped || decode($2::text, 'hex')
    WHERE id = $1::text::bigint AND state = 'open'
    RETURNING id
), merges AS (
    UPDATE pggit.merge AS m
    SET state = 'aborted', finished_by = $3::text, finished_at = clock_timestamp()
    FROM skipped
    WHERE m.rebase = skipped.id AND m.state = 'open' AND m.source_head = decode($2::text, 'hex')
)
SELECT id::text FROM skipped
