SELECT encode(lineage, 'hex'), object::text, kind, result
FROM pggit.merge_object
WHERE merge_id = $1::text::bigint
ORDER BY object ->> 'schema', object ->> 'name', object ->> 'kind', lineage
