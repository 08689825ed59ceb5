SELECT merge_id::text, id::text, encode(lineage, 'hex'), object::text, attribute,
       base::text, source::text, target::text, resolution, custom_sql, custom_definition::text, resolved_by,
       (extract(epoch FROM resolved_at) * 1000000)::bigint::text
FROM pggit.merge_conflict
WHERE merge_id = $1::text::bigint
ORDER BY id
