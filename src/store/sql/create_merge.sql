WITH new_merge AS (
    INSERT INTO pggit.merge (source, target, bases, source_head, target_head, strategy, message, who, operation, history,
                             more_sources, more_heads)
    SELECT $1::text, $2::text, (SELECT coalesce(array_agg(decode(h, 'hex')), '{}') FROM unnest($3::text::text[]) AS h),
           decode($4::text, 'hex'), decode($5::text, 'hex'), $6::text, $7::text, $8::text, $10::text, $11::text,
           ARRAY(SELECT s ->> 'name' FROM jsonb_array_elements($12::text::jsonb) WITH ORDINALITY AS o (s, n) ORDER BY n),
           ARRAY(SELECT decode(s ->> 'head', 'hex') FROM jsonb_array_elements($12::text::jsonb) WITH ORDINALITY AS o (s, n) ORDER BY n)
    RETURNING id
), conflicts AS (
    INSERT INTO pggit.merge_conflict (merge_id, id, lineage, object, attribute, base, source, target, source_number)
    SELECT new_merge.id, (c ->> 'id')::bigint, decode(c ->> 'lineage', 'hex'), c -> 'key', c ->> 'attribute',
           -- JSON's null is an absent value here, so that a reader need not tell it from SQL's.
           nullif(c -> 'base', 'null'), nullif(c -> 'source', 'null'), nullif(c -> 'target', 'null'), (c ->> 'source_number')::integer
    FROM new_merge, jsonb_array_elements($9::text::jsonb) AS c
)
SELECT id::text FROM new_merge
