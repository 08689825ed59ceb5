SELECT DISTINCT ON (t.lineage) t.id::text, encode(t.lineage, 'hex'), t.columns::text, t.sequences::text
FROM pggit.dropped_table AS t
WHERE t.branch_id = $1::text::bigint AND t.lineage = ANY (ARRAY(SELECT decode(h, 'hex') FROM unnest($2::text::text[]) AS h))
  AND t.outcome IS NULL AND t.expires_at > clock_timestamp()
ORDER BY t.lineage, t.id DESC
