INSERT INTO pggit.object (hash, definition)
SELECT decode(o ->> 0, 'hex'), (o ->> 1)::json FROM json_array_elements($1::text::json) AS o
ON CONFLICT DO NOTHING
