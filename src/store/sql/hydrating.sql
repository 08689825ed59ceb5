-- Where a branch that is being made is to go, and what of objects $2 is there or to be filled.
SELECT encode(c.tree, 'hex'),
       (SELECT coalesce(jsonb_object_agg(l.key, l.value), '{}')
        FROM jsonb_each(h.ledgers) AS l
        WHERE l.key = ANY ($2::text::text[]))::text,
       (SELECT coalesce(jsonb_agg(DISTINCT wanted.lineage), '[]')
        FROM unnest($2::text::text[]) AS wanted (lineage)
        JOIN pggit.lineage AS l ON l.branch_id = b.id AND l.lineage = decode(wanted.lineage, 'hex'))::text
FROM pggit.hydration AS h JOIN pggit.branch AS b ON b.id = h.branch_id JOIN pggit.commit AS c ON c.hash = b.head
WHERE h.branch_id = $1::text::bigint
