INSERT INTO pggit.tree_node (hash, content)
SELECT decode(n ->> 0, 'hex'), (n ->> 1)::json FROM json_array_elements($1::text::json) AS n
ON CONFLICT DO NOTHING
