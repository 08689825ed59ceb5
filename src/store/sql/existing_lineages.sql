SELECT DISTINCT encode(l.lineage, 'hex')
FROM unnest($2::text::text[]) AS wanted (lineage)
JOIN pggit.lineage AS l ON l.branch_id = $1::text::bigint AND l.lineage = decode(wanted.lineage, 'hex')
