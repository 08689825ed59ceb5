SELECT conflict_id::text, resolution, custom_sql, decided_by, who, (extract(epoch FROM at) * 1000000)::bigint::text
FROM pggit.merge_decision
WHERE merge_id = $1::text::bigint
ORDER BY id
