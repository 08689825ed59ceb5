WITH given AS (
    SELECT decode(c ->> 'hash', 'hex') AS hash, c -> 'commit' AS commit, c -> 'changes' AS changes,
           (c ->> 'generation')::bigint AS generation,
           timestamptz 'epoch' + (c ->> 'ordered_micros')::bigint * interval '1 microsecond' AS ordered_at
    FROM json_array_elements($1::text::json) AS c
), commits AS (
    INSERT INTO pggit.commit
        (hash, tree, author, application, address, committed_at, message, statements, generation, ordered_at)
    SELECT hash, decode(commit ->> 'tree', 'hex'), commit ->> 'author', commit ->> 'application',
           commit ->> 'address',
           timestamptz 'epoch' + (commit ->> 'time_micros')::bigint * interval '1 microsecond',
           commit ->> 'message',
           ARRAY(SELECT s FROM json_array_elements_text(commit -> 'statements') WITH ORDINALITY AS t (s, n) ORDER BY n),
           generation, ordered_at
    FROM given
    ON CONFLICT DO NOTHING
    RETURNING hash
), parents AS (
    INSERT INTO pggit.commit_parent (commit, ordinal, parent)
    SELECT given.hash, p.n - 1, decode(p.parent, 'hex')
    FROM given JOIN commits USING (hash),
         json_array_elements_text(given.commit -> 'parents') WITH ORDINALITY AS p (parent, n)
)
INSERT INTO pggit.commit_change (lineage, commit, object)
SELECT decode(x.lineage, 'hex'), given.hash, decode(x.object, 'hex')
FROM given JOIN commits USING (hash), json_each_text(given.changes) AS x (lineage, object)
