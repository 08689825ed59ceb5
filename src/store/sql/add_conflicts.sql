INSERT INTO pggit.merge_conflict (merge_id, id, lineage, object, attribute, base, source, target, source_number)
SELECT m.id, (c ->> 'id')::bigint, decode(c ->> 'lineage', 'hex'), c -> 'key', c ->> 'attribute',
       nullif(c -> 'base', 'null'), nullif(c -> 'source', 'null'), nullif(c -> 'target', 'null'),
       (c ->> 'source_number')::integer
FROM pggit.merge AS m, jsonb_array_elements($2::text::jsonb) AS c
WHERE m.id = $1::text::bigint AND m.state = 'open'
-- Two sessions may go on with a merge at once.
ON CONFLICT (merge_id, id) DO NOTHING
