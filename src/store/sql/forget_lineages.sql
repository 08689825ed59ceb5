DELETE FROM pggit.lineage AS l
USING unnest($2::text::text[]) AS gone (lineage)
WHERE l.branch_id = $1::text::bigint AND l.lineage = decode(gone.lineage, 'hex')
