WITH aborted AS (
    UPDATE pggit.rebase SET state = 'aborted', finished_by = $2::text, finished_at = clock_timestamp()
    WHERE id = $1::text::bigint AND state = 'open'
    RETURNING id
), merges AS (
    UPDATE pggit.merge AS m
    SET state = 'aborted', finished_by = $2::text, finished_at = clock_timestamp()
    FROM aborted
    WHERE m.rebase = aborted.id AND m.state = 'open'
)
SELECT id::text FROM aborted
