-- The one way in which a client's transaction writes history. Whoever calls it, it does nothing but what
-- the proxy has signed for this very transaction of this very backend.
--
-- The signature is checked inside one query over pggit.secret, and neither the key nor the right
-- signature is ever in a variable: a caller may have plans and parse trees printed (debug_print_plan),
-- and values of variables are constants there.

CREATE OR REPLACE FUNCTION pggit.record(payload text, signature text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    doc jsonb;
    genuine boolean;
    branch_row pggit.branch%ROWTYPE;
    expected bytea;
    new_head bytea;
    made jsonb;
    made_hash bytea;
    done_merge bigint;
    done_rebase bigint;
BEGIN
    -- HMAC-SHA256. Hashes of both sides are compared, so that the time it takes tells nothing.
    SELECT sha256(sha256(s.outer_pad || sha256(s.inner_pad || convert_to(payload, 'UTF8'))))
           = sha256(decode(signature, 'hex'))
    INTO genuine
    FROM pggit.secret AS s;
    IF genuine IS NOT TRUE THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = 'record refused: it is not signed by the proxy';
    END IF;

    doc := payload::jsonb;
    IF doc ->> 'transaction_id' IS DISTINCT FROM pg_current_xact_id()::text
       OR (doc ->> 'backend_pid')::integer IS DISTINCT FROM pg_backend_pid()
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = 'record refused: it was made for another transaction';
    END IF;
    -- The administrative role, which owns this function, records on behalf of others.
    IF doc ->> 'who' IS DISTINCT FROM session_user AND session_user <> current_user THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = 'record refused: it was made for another role';
    END IF;

    SELECT * INTO branch_row FROM pggit.branch AS b
    WHERE b.id = (doc ->> 'branch')::bigint AND b.dropped_at IS NULL
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_catalog_name',
            MESSAGE = 'the branch was deleted meanwhile';
    END IF;
    expected := decode(doc ->> 'expected', 'hex');
    IF branch_row.head IS DISTINCT FROM expected THEN
        RETURN concat_ws(' ', 'moved', encode(branch_row.head, 'hex'));
    END IF;

    PERFORM pggit.check_protection(branch_row, doc);

    new_head := decode(doc ->> 'head', 'hex');
    INSERT INTO pggit.object (hash, definition)
    SELECT decode(o ->> 'hash', 'hex'), (o ->> 'content')::json
    FROM jsonb_array_elements(doc -> 'objects') AS o
    ON CONFLICT DO NOTHING;

    INSERT INTO pggit.tree_node (hash, content)
    SELECT decode(n ->> 'hash', 'hex'), (n ->> 'content')::json
    FROM jsonb_array_elements(doc -> 'nodes') AS n
    ON CONFLICT DO NOTHING;

    -- Parents before their children; the last is where the branch goes.
    FOR made IN
        SELECT e.item FROM jsonb_array_elements(doc -> 'earlier') WITH ORDINALITY AS e (item, ordinal)
        UNION ALL
        SELECT jsonb_build_object('hash', doc -> 'head', 'commit', doc -> 'commit', 'changes', doc -> 'changes')
        WHERE doc ? 'commit'
    LOOP
        made_hash := decode(made ->> 'hash', 'hex');
        INSERT INTO pggit.commit
            (hash, tree, author, application, address, committed_at, message, statements, generation, ordered_at)
        SELECT made_hash, decode(c.tree, 'hex'), c.author, c.application, c.address, at.committed, c.message,
               c.statements, 1 + coalesce(parent.generation, 0), greatest(at.committed, parent.ordered_at)
        FROM jsonb_to_record(made -> 'commit') AS c (
                tree text, author text, application text, address text, time_micros bigint, message text,
                statements text[], parents text[]),
            LATERAL (SELECT timestamptz 'epoch' + c.time_micros * interval '1 microsecond') AS at (committed),
            LATERAL (
                SELECT max(p.generation), max(p.ordered_at) FROM pggit.commit AS p
                WHERE p.hash = ANY (ARRAY(SELECT decode(h, 'hex') FROM unnest(c.parents) AS h))
            ) AS parent (generation, ordered_at);

        INSERT INTO pggit.commit_parent (commit, ordinal, parent)
        SELECT made_hash, p.ordinal - 1, decode(p.parent, 'hex')
        FROM jsonb_array_elements_text(made -> 'commit' -> 'parents') WITH ORDINALITY AS p (parent, ordinal);

        INSERT INTO pggit.commit_change (lineage, commit, object)
        SELECT decode(c ->> 'lineage', 'hex'), made_hash, decode(c ->> 'object', 'hex')
        FROM jsonb_array_elements(made -> 'changes') AS c
        ON CONFLICT DO NOTHING;
    END LOOP;

    -- What was noted of these objects, or in this transaction, is recorded now.
    IF EXISTS (SELECT FROM pggit.drift) THEN
        WITH object (classid, objid) AS (
            SELECT l.classid, l.objid
            FROM jsonb_array_elements(doc -> 'changes') AS c
            JOIN pggit.lineage AS l
              ON l.branch_id = branch_row.id AND l.lineage = decode(c ->> 'lineage', 'hex') AND l.objsubid = 0
            UNION
            SELECT g.classid, g.objid
            FROM jsonb_to_recordset(doc -> 'lineages') AS g (classid oid, objid oid, objsubid integer)
        ), recorded (classid, objid) AS (
            SELECT o.classid, o.objid FROM object AS o
            UNION ALL
            -- The indexes of keys are parts of their tables.
            SELECT o.classid, k.conindid
            FROM object AS o JOIN pg_constraint AS k ON k.conrelid = o.objid
            WHERE o.classid = 'pg_class'::regclass AND k.conindid <> 0
        )
        DELETE FROM pggit.drift AS d
        USING recorded AS o
        WHERE d.classid = o.classid AND d.objid = o.objid;
        DELETE FROM pggit.drift AS d WHERE d.transaction_id = pg_current_xact_id()::text;
    END IF;

    IF doc -> 'gone' <> '[]' THEN
        DELETE FROM pggit.lineage AS l
        USING jsonb_to_recordset(doc -> 'gone') AS g (classid oid, objid oid, objsubid integer)
        WHERE l.classid = g.classid AND l.objid = g.objid
          AND (g.objsubid = 0 OR l.objsubid = g.objsubid);
    END IF;

    IF doc -> 'lineages' <> '[]' THEN
        INSERT INTO pggit.lineage AS l (classid, objid, objsubid, lineage, branch_id)
        SELECT g.classid, g.objid, g.objsubid, decode(g.lineage, 'hex'), branch_row.id
        FROM jsonb_to_recordset(doc -> 'lineages') AS g (classid oid, objid oid, objsubid integer, lineage text)
        ON CONFLICT (classid, objid, objsubid) DO UPDATE
        SET lineage = excluded.lineage, branch_id = excluded.branch_id
        WHERE (l.lineage, l.branch_id) <> (excluded.lineage, excluded.branch_id);
    END IF;

    IF doc -> 'schemas_removed' <> '[]' OR doc -> 'schemas_added' <> '[]' THEN
        DELETE FROM pggit.branch_schema AS s
        USING jsonb_array_elements_text(doc -> 'schemas_removed') AS gone (logical)
        WHERE s.branch_id = branch_row.id AND s.logical = gone.logical;

        INSERT INTO pggit.branch_schema (branch_id, logical, physical)
        SELECT branch_row.id, n.logical, n.physical
        FROM jsonb_to_recordset(doc -> 'schemas_added') AS n (logical text, physical text);

        PERFORM pg_notify('pggit', '');
    END IF;

    IF doc ->> 'merge' IS NOT NULL THEN
        UPDATE pggit.merge AS m
        SET state = 'completed', commit = new_head, finished_by = doc ->> 'who', finished_at = clock_timestamp(),
            target_head = branch_row.head,
            -- Of what was merged in the end.
            bases = ARRAY(SELECT decode(h, 'hex') FROM jsonb_array_elements_text(doc -> 'audit' -> 'bases') AS h),
            statements = ARRAY(SELECT s FROM jsonb_array_elements_text(doc -> 'audit' -> 'statements') AS s)
        WHERE m.id = (doc ->> 'merge')::bigint AND m.state = 'open'
        RETURNING m.id INTO done_merge;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING
                ERRCODE = 'object_not_in_prerequisite_state',
                MESSAGE = format('merge %s is no longer open', doc ->> 'merge');
        END IF;
    END IF;

    IF doc ? 'merged' THEN
        INSERT INTO pggit.merge (source, target, bases, source_head, target_head, strategy, state, message,
                                 who, commit, finished_by, finished_at, operation, history, statements,
                                 more_sources, more_heads)
        SELECT m.source, branch_row.name, ARRAY(SELECT decode(h, 'hex') FROM unnest(m.bases) AS h),
               decode(m.source_head, 'hex'), branch_row.head, m.strategy, 'completed', m.message,
               doc ->> 'who', new_head, doc ->> 'who', clock_timestamp(), m.operation, m.history,
               ARRAY(SELECT s FROM jsonb_array_elements_text(doc -> 'audit' -> 'statements') AS s),
               ARRAY(SELECT s ->> 'name' FROM jsonb_array_elements(m.more) WITH ORDINALITY AS o (s, n) ORDER BY n),
               ARRAY(SELECT decode(s ->> 'head', 'hex') FROM jsonb_array_elements(m.more) WITH ORDINALITY AS o (s, n) ORDER BY n)
        FROM jsonb_to_record(doc -> 'merged') AS m (
            source text, bases text[], source_head text, strategy text, message text, operation text, history text,
            more jsonb)
        RETURNING id INTO done_merge;
    END IF;

    IF doc -> 'rebase' ->> 'id' IS NOT NULL THEN
        UPDATE pggit.rebase AS r
        SET state = 'completed', commit = new_head, finished_by = doc ->> 'who', finished_at = clock_timestamp()
        WHERE r.id = (doc -> 'rebase' ->> 'id')::bigint AND r.state = 'open'
        RETURNING r.id INTO done_rebase;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING
                ERRCODE = 'object_not_in_prerequisite_state',
                MESSAGE = format('the rebase of branch "%s" is no longer in progress', branch_row.name);
        END IF;
        UPDATE pggit.merge AS m
        SET state = 'completed', commit = new_head, finished_by = doc ->> 'who', finished_at = clock_timestamp()
        WHERE m.rebase = (doc -> 'rebase' ->> 'id')::bigint AND m.state = 'open';
    ELSIF doc ? 'rebase' THEN
        INSERT INTO pggit.rebase (branch_id, branch, onto, onto_name, head, state, who, commit, finished_by, finished_at)
        SELECT branch_row.id, branch_row.name, decode(r.onto, 'hex'), r.onto_name, branch_row.head, 'completed',
               doc ->> 'who', new_head, doc ->> 'who', clock_timestamp()
        FROM jsonb_to_record(doc -> 'rebase') AS r (onto text, onto_name text)
        RETURNING id INTO done_rebase;
    END IF;

    -- What is kept of a merge is kept of a rebase, too.
    IF done_rebase IS NOT NULL THEN
        INSERT INTO pggit.merge (source, target, bases, source_head, target_head, strategy, state, who, commit,
                                 finished_by, finished_at, operation, history, statements, rebase)
        SELECT r.onto_name, branch_row.name,
               ARRAY(SELECT decode(h, 'hex') FROM jsonb_array_elements_text(doc -> 'audit' -> 'bases') AS h),
               r.onto, branch_row.head, 'auto', 'completed', r.who, new_head, doc ->> 'who', clock_timestamp(), 'rebase', 'auto',
               ARRAY(SELECT s FROM jsonb_array_elements_text(doc -> 'audit' -> 'statements') AS s), r.id
        FROM pggit.rebase AS r WHERE r.id = done_rebase
        RETURNING id INTO done_merge;
    END IF;

    IF done_merge IS NOT NULL THEN
        INSERT INTO pggit.merge_object (merge_id, lineage, object, kind, result)
        SELECT done_merge, decode(o ->> 'lineage', 'hex'), o -> 'key', o ->> 'kind', o ->> 'result'
        FROM jsonb_array_elements(doc -> 'audit' -> 'objects') AS o;

        -- A person's decisions are there already.
        INSERT INTO pggit.merge_conflict (merge_id, id, lineage, object, attribute, base, source, target, resolution,
                                          decided_by, resolved_by, resolved_at, source_number)
        SELECT done_merge,
               (SELECT coalesce(max(k.id), 0) FROM pggit.merge_conflict AS k WHERE k.merge_id = done_merge)
                   + row_number() OVER (ORDER BY a.ordinal),
               decode(a.c ->> 'lineage', 'hex'), a.c -> 'key', a.c ->> 'attribute',
               nullif(a.c -> 'base', 'null'), nullif(a.c -> 'source', 'null'), nullif(a.c -> 'target', 'null'),
               a.c ->> 'resolution', 'strategy', doc ->> 'who', clock_timestamp(), (a.c ->> 'source_number')::integer
        FROM jsonb_array_elements(doc -> 'audit' -> 'conflicts') WITH ORDINALITY AS a (c, ordinal)
        WHERE a.c ->> 'resolution' <> 'CUSTOM'
          AND NOT EXISTS (
              SELECT FROM pggit.merge_conflict AS k
              WHERE k.merge_id = done_merge AND k.lineage = decode(a.c ->> 'lineage', 'hex')
                AND k.attribute = a.c ->> 'attribute' AND k.source_number = (a.c ->> 'source_number')::integer);
    END IF;

    IF doc -> 'ledgers' <> '[]' THEN
        INSERT INTO pggit.ledger_base (branch_a, branch_b, lineage, rows)
        SELECT least(branch_row.id, l.other), greatest(branch_row.id, l.other), decode(l.lineage, 'hex'), l.rows
        FROM jsonb_to_recordset(doc -> 'ledgers') AS l (other bigint, lineage text, rows jsonb)
        ON CONFLICT (branch_a, branch_b, lineage) DO UPDATE SET rows = excluded.rows;
    END IF;

    UPDATE pggit.branch AS b SET head = new_head, updated_at = clock_timestamp() WHERE b.id = branch_row.id;
    INSERT INTO pggit.reflog (branch_id, branch, old, new, who, action)
    VALUES (branch_row.id, branch_row.name, branch_row.head, new_head, doc ->> 'who', doc ->> 'action');

    IF doc ? 'merged' OR doc ->> 'merge' IS NOT NULL THEN
        UPDATE pggit.merge_request AS r
        SET state = 'merged', commit = new_head, finished_by = doc ->> 'who', finished_at = clock_timestamp()
        FROM pggit.branch AS s
        WHERE r.target_id = branch_row.id AND r.state = 'open'
          AND s.id = r.source_id AND s.head = ANY (pggit.merged_heads(doc));
    END IF;
    RETURN 'recorded';
END
$$;
COMMENT ON FUNCTION pggit.record(text, text) IS 'Writes a commit that the proxy has signed for the current transaction.';
