-- A dropped table whose time is over, which no other proxy is at: $1 is its number, or NULL for any that is over or whose branch is deleted.
SELECT t.id::text, t.relation::text
FROM pggit.dropped_table AS t
WHERE t.outcome IS NULL
  AND CASE WHEN $1::text IS NULL
      THEN t.expires_at <= clock_timestamp() OR NOT EXISTS (SELECT FROM pggit.branch AS b WHERE b.id = t.branch_id)
      ELSE t.id = $1::text::bigint
    END
ORDER BY t.id LIMIT 1
FOR UPDATE SKIP LOCKED
