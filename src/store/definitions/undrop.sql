-- Dropped tables: set aside in the transaction that drops them, put back in one that makes them again.

-- Takes from a table all that could depend on anything, stand in the way of other DDL, or run somebody's code as this
-- function's owner. Its rows, the names of its columns, their order and NOT NULL remain.
CREATE OR REPLACE FUNCTION pggit.strip(relation regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    item record;
    actions text[] := '{}';
BEGIN
    FOR item IN
        SELECT CASE
            WHEN i.inhrelid = relation AND p.relkind = 'p'
            THEN format('ALTER TABLE %s DETACH PARTITION %s', i.inhparent::regclass, relation)
            ELSE format('ALTER TABLE %s NO INHERIT %s', i.inhrelid::regclass, i.inhparent::regclass)
        END AS action
        FROM pg_inherits AS i JOIN pg_class AS p ON p.oid = i.inhparent
        WHERE relation IN (i.inhrelid, i.inhparent)
        UNION ALL
        SELECT format('DROP TRIGGER %I ON %s CASCADE', g.tgname, relation)
        FROM pg_trigger AS g WHERE g.tgrelid = relation AND NOT g.tgisinternal AND g.tgparentid = 0
        UNION ALL
        SELECT format('DROP RULE %I ON %s CASCADE', r.rulename, relation) FROM pg_rewrite AS r WHERE r.ev_class = relation
        UNION ALL
        SELECT format('DROP POLICY %I ON %s', y.polname, relation) FROM pg_policy AS y WHERE y.polrelid = relation
        UNION ALL
        SELECT format('DROP STATISTICS %I.%I', n.nspname, x.stxname)
        FROM pg_statistic_ext AS x JOIN pg_namespace AS n ON n.oid = x.stxnamespace WHERE x.stxrelid = relation
        UNION ALL
        SELECT format('ALTER PUBLICATION %I DROP TABLE %s', p.pubname, relation)
        FROM pg_publication_rel AS r JOIN pg_publication AS p ON p.oid = r.prpubid WHERE r.prrelid = relation
        UNION ALL
        SELECT format('ALTER TABLE %s NOT OF', relation) FROM pg_class AS c WHERE c.oid = relation AND c.reloftype <> 0
        UNION ALL
        SELECT format('ALTER TABLE %s REPLICA IDENTITY DEFAULT', relation)
        FROM pg_class AS c WHERE c.oid = relation AND c.relreplident = 'i'
        UNION ALL
        SELECT format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', relation)
        FROM pg_class AS c WHERE c.oid = relation AND (c.relrowsecurity OR c.relforcerowsecurity)
    LOOP
        EXECUTE item.action;
    END LOOP;

    -- A key takes with it the foreign keys that lead to it. NOT NULL stays.
    FOR item IN
        SELECT k.oid, k.conname FROM pg_constraint AS k
        WHERE k.conrelid = relation AND k.contype <> 'n' ORDER BY k.contype <> 'f'
    LOOP
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.oid = item.oid);
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', relation, item.conname);
    END LOOP;
    FOR item IN SELECT i.indexrelid::regclass AS index FROM pg_index AS i WHERE i.indrelid = relation LOOP
        EXECUTE format('DROP INDEX %s CASCADE', item.index);
    END LOOP;

    FOR item IN
        SELECT a.attname, a.attidentity, a.attgenerated, a.atthasdef,
               -- one that names nothing but columns of the system's types may stay: without it, the column would have to be made anew
               EXISTS (
                   SELECT FROM pg_attrdef AS d
                       JOIN pg_depend AS p ON (p.classid, p.objid) = ('pg_attrdef'::regclass, d.oid)
                           -- what an expression names is what the column depends on, before PostgreSQL 15
                           OR a.attgenerated <> '' AND p.deptype = 'a'
                              AND (p.classid, p.objid, p.objsubid) = ('pg_class'::regclass, d.adrelid, d.adnum)
                       LEFT JOIN (
                           pg_attribute AS o
                           JOIN pg_type AS t ON t.oid = o.atttypid
                           LEFT JOIN pg_collation AS c ON c.oid = o.attcollation
                       ) ON p.refclassid = 'pg_class'::regclass AND o.attrelid = relation AND o.attrelid = p.refobjid
                           AND o.attnum = p.refobjsubid
                   WHERE d.adrelid = relation AND d.adnum = a.attnum
                     AND (o.attnum IS NULL OR t.typnamespace <> 'pg_catalog'::regnamespace
                          OR c.collnamespace <> 'pg_catalog'::regnamespace)
               ) AS names_others
        FROM pg_attribute AS a
        WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
    LOOP
        IF item.attidentity <> '' THEN
            actions := actions || format('ALTER COLUMN %I DROP IDENTITY', item.attname);
        ELSIF item.attgenerated = 's' AND item.names_others THEN
            actions := actions || format('ALTER COLUMN %I DROP EXPRESSION', item.attname);
        ELSIF item.attgenerated <> '' AND item.names_others THEN
            RAISE EXCEPTION USING
                ERRCODE = 'feature_not_supported',
                MESSAGE = format('virtual column %I of table %s is computed by functions of the schema', item.attname, relation);
        ELSIF item.attgenerated = '' AND item.atthasdef THEN
            actions := actions || format('ALTER COLUMN %I DROP DEFAULT', item.attname);
        END IF;
    END LOOP;
    IF actions <> '{}' THEN
        EXECUTE format('ALTER TABLE %s %s', relation, array_to_string(actions, ', '));
    END IF;
END
$$;

-- Gives columns of types that are not the system's ones that are: values of a domain stay as they are, others become text. The
-- types' own output functions do it: a cast could be anybody's.
CREATE OR REPLACE FUNCTION pggit.plain_columns(relation regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    actions text;
BEGIN
    WITH RECURSIVE typed (number, type, modifier) AS (
        SELECT a.attnum, a.atttypid, a.atttypmod FROM pg_attribute AS a
        WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT d.number, t.typbasetype, t.typtypmod
        FROM typed AS d JOIN pg_type AS t ON t.oid = d.type WHERE t.typtype = 'd'
    ), plain AS (
        SELECT d.number, d.type, d.modifier, t.typnamespace = 'pg_catalog'::regnamespace AS system
        FROM typed AS d JOIN pg_type AS t ON t.oid = d.type WHERE t.typtype <> 'd' OR t.typnamespace = 'pg_catalog'::regnamespace
    )
    SELECT string_agg(
        CASE WHEN p.system
            THEN format('ALTER COLUMN %I TYPE %s%s', a.attname, format_type(p.type, p.modifier), l.clause)
            ELSE format('ALTER COLUMN %1$I TYPE text COLLATE "default" USING CASE WHEN %1$I IS DISTINCT FROM NULL THEN format(''%%s'', %1$I) END', a.attname)
        END, ', ')
    INTO actions
    FROM plain AS p
        JOIN pg_attribute AS a ON a.attrelid = relation AND a.attnum = p.number
        LEFT JOIN pg_collation AS c ON c.oid = a.attcollation AND c.collnamespace <> 'pg_catalog'::regnamespace
        CROSS JOIN LATERAL (SELECT CASE WHEN c.oid IS NULL THEN '' ELSE ' COLLATE "default"' END) AS l (clause)
    WHERE NOT p.system OR p.type <> a.atttypid OR c.oid IS NOT NULL;
    IF actions IS NOT NULL THEN
        EXECUTE format('ALTER TABLE %s %s', relation, actions);
    END IF;
END
$$;

-- Drops an object, if it is still there: whatever goes with a table that is dropped by CASCADE.
CREATE OR REPLACE FUNCTION pggit.drop_object(class oid, object oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    action text;
    named record;
BEGIN
    SELECT * INTO named FROM pg_identify_object(class, object, 0);
    IF named.identity IS NULL THEN
        RETURN;
    END IF;
    CASE class
        WHEN 'pg_class'::regclass THEN
            SELECT CASE c.relkind
                WHEN 'v' THEN 'DROP VIEW %s CASCADE'
                WHEN 'm' THEN 'DROP MATERIALIZED VIEW %s CASCADE'
                WHEN 'f' THEN 'DROP FOREIGN TABLE %s CASCADE'
                WHEN 'S' THEN 'DROP SEQUENCE %s CASCADE'
                WHEN 'c' THEN 'DROP TYPE %s CASCADE'
                WHEN 'r' THEN 'DROP TABLE %s CASCADE'
                WHEN 'p' THEN 'DROP TABLE %s CASCADE'
                WHEN 'i' THEN 'DROP INDEX %s CASCADE'
                WHEN 'I' THEN 'DROP INDEX %s CASCADE'
            END INTO action
            FROM pg_class AS c WHERE c.oid = object;
            action := format(action, object::regclass);
        WHEN 'pg_constraint'::regclass THEN
            SELECT CASE k.conrelid
                WHEN 0 THEN format('ALTER DOMAIN %s DROP CONSTRAINT %I CASCADE', k.contypid::regtype, k.conname)
                ELSE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', k.conrelid::regclass, k.conname)
            END INTO action
            FROM pg_constraint AS k WHERE k.oid = object;
        WHEN 'pg_attrdef'::regclass THEN
            SELECT format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', d.adrelid::regclass, a.attname) INTO action
            FROM pg_attrdef AS d JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.oid = object;
        WHEN 'pg_proc'::regclass THEN
            action := format('DROP ROUTINE %s CASCADE', object::regprocedure);
        WHEN 'pg_type'::regclass THEN
            -- that of an array or of a relation's rows goes with its owner
            SELECT format('DROP TYPE %s CASCADE', object::regtype) INTO action
            FROM pg_type AS t
            WHERE t.oid = object AND t.typrelid = 0
              AND NOT EXISTS (SELECT FROM pg_type AS e WHERE e.typarray = t.oid);
        WHEN 'pg_rewrite'::regclass THEN
            SELECT format('DROP RULE %I ON %s CASCADE', r.rulename, r.ev_class::regclass) INTO action
            FROM pg_rewrite AS r WHERE r.oid = object AND r.rulename <> '_RETURN';
        WHEN 'pg_trigger'::regclass THEN
            SELECT format('DROP TRIGGER %I ON %s CASCADE', g.tgname, g.tgrelid::regclass) INTO action
            FROM pg_trigger AS g WHERE g.oid = object AND NOT g.tgisinternal AND g.tgparentid = 0;
        WHEN 'pg_policy'::regclass THEN
            SELECT format('DROP POLICY %I ON %s', y.polname, y.polrelid::regclass) INTO action
            FROM pg_policy AS y WHERE y.oid = object;
        WHEN 'pg_publication_rel'::regclass THEN
            SELECT format('ALTER PUBLICATION %I DROP TABLE %s', p.pubname, r.prrelid::regclass) INTO action
            FROM pg_publication_rel AS r JOIN pg_publication AS p ON p.oid = r.prpubid WHERE r.oid = object;
        ELSE
            IF named.type NOT IN ('cast', 'operator', 'operator class', 'operator family', 'statistics object') THEN
                RAISE EXCEPTION USING
                    ERRCODE = 'feature_not_supported',
                    MESSAGE = format('%s %s depends on the table', named.type, named.identity);
            END IF;
            action := format('DROP %s %s%s', replace(named.type, ' object', ''), named.identity,
                             CASE WHEN named.type <> 'statistics object' THEN ' CASCADE' END);
    END CASE;
    IF action IS NOT NULL THEN
        EXECUTE action;
    END IF;
END
$$;

-- Does over what the client's DROP TABLE did before it was rolled back, but keeps the tables that hold rows. `dropped` is all that
-- is gone after it: the client was allowed to drop each of these. Returns how many tables are kept; with none, nothing was done.
CREATE OR REPLACE FUNCTION pggit.keep_dropped(dropped jsonb, who text, keep interval) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
    candidate record;
    item record;
    holds_rows boolean;
    kept oid[] := '{}';
    entries bigint[] := '{}';
    entry bigint;
BEGIN
    -- Parents before partitions, which is how everybody locks them.
    FOR candidate IN
        SELECT DISTINCT i.inhparent::regclass AS relation
        FROM jsonb_to_recordset(dropped) AS d (class oid, oid oid)
            JOIN pg_inherits AS i ON d.class = 'pg_class'::regclass AND i.inhrelid = d.oid
            JOIN pg_class AS p ON p.oid = i.inhparent AND p.relkind IN ('r', 'p')
        ORDER BY 1
    LOOP
        EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', candidate.relation);
    END LOOP;
    FOR candidate IN
        SELECT c.oid::regclass AS relation, l.lineage, b.id AS branch_id, b.name AS branch, n.nspname, c.relname, pg_get_userbyid(c.relowner) AS owner
        FROM jsonb_to_recordset(dropped) AS d (class oid, oid oid)
            JOIN pg_class AS c ON d.class = 'pg_class'::regclass AND c.oid = d.oid
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            JOIN pggit.lineage AS l ON l.classid = 'pg_class'::regclass AND l.objid = c.oid AND l.objsubid = 0
            JOIN pggit.branch AS b ON b.id = l.branch_id
        WHERE c.relkind = 'r' AND c.relpersistence <> 't'
        ORDER BY c.oid
    LOOP
        EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', candidate.relation);
        EXECUTE format('SELECT EXISTS (SELECT FROM ONLY %s)', candidate.relation) INTO holds_rows;
        CONTINUE WHEN NOT holds_rows;
        INSERT INTO pggit.dropped_table
            (branch_id, branch, lineage, relation, schema, name, owner, columns, sequences, who, expires_at)
        SELECT candidate.branch_id, candidate.branch, candidate.lineage, candidate.relation, candidate.nspname, candidate.relname,
               candidate.owner,
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'number', a.attnum, 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                    'lineage', encode(l.lineage, 'hex')) ORDER BY a.attnum), '[]')
                FROM pg_attribute AS a
                    LEFT JOIN pggit.lineage AS l
                        ON l.classid = 'pg_class'::regclass AND l.objid = a.attrelid AND l.objsubid = a.attnum
                WHERE a.attrelid = candidate.relation AND a.attnum > 0 AND NOT a.attisdropped),
               '[]', who, clock_timestamp() + keep
        RETURNING id INTO entry;
        FOR item IN
            SELECT p.refobjsubid AS column, p.objid::regclass AS sequence, p.deptype = 'i' AS is_identity,
                   encode(l.lineage, 'hex') AS lineage
            FROM pg_depend AS p
                JOIN pg_class AS s ON s.oid = p.objid AND s.relkind = 'S'
                LEFT JOIN pggit.lineage AS l ON l.classid = 'pg_class'::regclass
                    AND (l.objid, l.objsubid) = (CASE p.deptype WHEN 'i' THEN p.refobjid ELSE p.objid END,
                                                 CASE p.deptype WHEN 'i' THEN p.refobjsubid ELSE 0 END)
            WHERE p.classid = 'pg_class'::regclass AND p.refclassid = 'pg_class'::regclass
              AND p.refobjid = candidate.relation AND p.refobjsubid > 0 AND p.deptype IN ('a', 'i')
        LOOP
            EXECUTE format(
                'UPDATE pggit.dropped_table SET sequences = sequences || (
                    SELECT jsonb_build_object(''lineage'', $2, ''identity'', $3, ''last_value'', s.last_value, ''is_called'', s.is_called)
                    FROM %s AS s) WHERE id = $1', item.sequence)
            USING entry, item.lineage, item.is_identity;
        END LOOP;
        kept := kept || candidate.relation::oid;
        entries := entries || entry;
    END LOOP;
    IF kept = '{}' THEN
        RETURN 0;
    END IF;

    FOR item IN SELECT k.relation::regclass FROM unnest(kept) AS k (relation) LOOP
        PERFORM pggit.strip(item.relation);
        -- columns elsewhere that hold its rows
        PERFORM pggit.drop_column(p.objid, p.objsubid)
        FROM pg_class AS c
            JOIN pg_type AS t ON t.oid = c.reltype
            JOIN pg_depend AS p ON p.classid = 'pg_class'::regclass AND p.objsubid > 0
                AND p.refclassid = 'pg_type'::regclass AND p.refobjid IN (t.oid, t.typarray)
        WHERE c.oid = item.relation;
    END LOOP;
    FOR item IN
        SELECT d.class, d.oid
        FROM jsonb_to_recordset(dropped) AS d (class oid, oid oid)
            LEFT JOIN pg_class AS r ON d.class = 'pg_class'::regclass AND r.oid = d.oid
        WHERE NOT EXISTS (
            -- what a kept table is made of: itself, its rows' type, NOT NULL, generated columns, and where long values are
            SELECT FROM unnest(kept) AS k (relation) JOIN pg_class AS c ON c.oid = k.relation
            WHERE CASE d.class
                WHEN 'pg_class'::regclass THEN d.oid IN (c.oid, c.reltoastrelid)
                    OR EXISTS (SELECT FROM pg_index AS i WHERE i.indexrelid = d.oid AND i.indrelid = c.reltoastrelid)
                WHEN 'pg_type'::regclass THEN d.oid = c.reltype
                WHEN 'pg_constraint'::regclass THEN EXISTS (SELECT FROM pg_constraint AS x WHERE x.oid = d.oid AND x.conrelid = c.oid)
                WHEN 'pg_attrdef'::regclass THEN EXISTS (SELECT FROM pg_attrdef AS x WHERE x.oid = d.oid AND x.adrelid = c.oid)
            END
        )
        -- tables and views take most of the others with them
        ORDER BY CASE WHEN r.relkind IN ('r', 'p', 'f', 'v', 'm') THEN 1 WHEN r.relkind IN ('i', 'I') THEN 3 ELSE 2 END, d.oid DESC
    LOOP
        PERFORM pggit.drop_object(item.class, item.oid);
    END LOOP;

    FOR item IN SELECT k.relation::regclass, k.entry FROM unnest(kept, entries) AS k (relation, entry) LOOP
        PERFORM pggit.plain_columns(item.relation);
        IF EXISTS (
            SELECT FROM pg_depend AS p
            WHERE p.refclassid = 'pg_class'::regclass AND p.refobjid = item.relation AND p.deptype IN ('n', 'a')
              AND p.classid NOT IN ('pg_attrdef'::regclass, 'pg_constraint'::regclass)
              AND (p.classid, p.objid) <> ('pg_class'::regclass, item.relation)
        ) OR (SELECT jsonb_array_length(t.columns) FROM pggit.dropped_table AS t WHERE t.id = item.entry) <>
             (SELECT count(*) FROM pg_attribute AS a WHERE a.attrelid = item.relation AND a.attnum > 0 AND NOT a.attisdropped)
        THEN
            RAISE EXCEPTION USING
                ERRCODE = 'feature_not_supported',
                MESSAGE = format('something depends on table %s in a way that is not known', item.relation);
        END IF;
        EXECUTE format('ALTER TABLE %s OWNER TO %I', item.relation, current_user);
        PERFORM pggit.revoke_all(item.relation);
        EXECUTE format('ALTER TABLE %s RENAME TO %I', item.relation, format('dropped %s', item.relation::oid));
        EXECUTE format('ALTER TABLE %s SET SCHEMA pggit_dropped', item.relation);
    END LOOP;
    RETURN cardinality(kept);
END
$$;

CREATE OR REPLACE FUNCTION pggit.drop_column(relation regclass, number integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    action text;
BEGIN
    SELECT format('ALTER TABLE %s DROP COLUMN %I CASCADE', relation, a.attname) INTO action
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE a.attrelid = relation AND a.attnum = number AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f');
    IF action IS NOT NULL THEN
        EXECUTE action;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION pggit.revoke_all(relation regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    item record;
BEGIN
    FOR item IN
        SELECT DISTINCT CASE p.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(p.grantee)) END AS grantee
        FROM (
            SELECT c.relacl FROM pg_class AS c WHERE c.oid = relation
            UNION ALL
            SELECT a.attacl FROM pg_attribute AS a WHERE a.attrelid = relation
        ) AS of (acl), aclexplode(of.acl) AS p
        WHERE p.grantee <> (SELECT c.relowner FROM pg_class AS c WHERE c.oid = relation)
    LOOP
        EXECUTE format('REVOKE ALL ON TABLE %s FROM %s CASCADE', relation, item.grantee);
    END LOOP;
END
$$;

-- What the proxy calls after it has rolled a DROP TABLE back. Returns `kept` and how many tables, or `failed` and why: then
-- nothing was done.
CREATE OR REPLACE FUNCTION pggit.set_aside(payload text, signature text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    doc jsonb := pggit.genuine(payload, signature, 'set aside');
    reason text;
BEGIN
    RETURN 'kept ' || pggit.keep_dropped(
        doc -> 'dropped', doc ->> 'who', (doc ->> 'keep_millis')::bigint * interval '1 millisecond');
EXCEPTION
WHEN transaction_rollback OR lock_not_available OR insufficient_resources THEN
    RAISE;
WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS reason = MESSAGE_TEXT;
    RETURN 'failed ' || reason;
END
$$;
COMMENT ON FUNCTION pggit.set_aside(text, text) IS 'Drops what the proxy says was dropped, and keeps the tables among it that hold rows.';

-- Puts a dropped table back, bare, under a name in a schema. Returns its OID.
CREATE OR REPLACE FUNCTION pggit.put_back(payload text, signature text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    doc jsonb := pggit.genuine(payload, signature, 'put back');
    entry pggit.dropped_table%ROWTYPE;
BEGIN
    SELECT * INTO entry FROM pggit.dropped_table AS t
    WHERE t.id = (doc ->> 'entry')::bigint AND t.outcome IS NULL
    FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'the dropped table is gone, or somebody else has brought it back';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = entry.owner) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'undefined_object',
            MESSAGE = format('role "%s", which owned the dropped table "%s", does not exist', entry.owner, entry.name);
    END IF;
    IF NOT pg_has_role(session_user, entry.owner::name, 'MEMBER') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('must be able to SET ROLE "%s" to bring table "%s" back', entry.owner, entry.name);
    END IF;
    IF NOT has_schema_privilege(entry.owner::name, doc ->> 'schema', 'CREATE') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('permission denied for schema %s', doc ->> 'schema');
    END IF;
    EXECUTE format('ALTER TABLE %s RENAME TO %I', entry.relation::regclass, doc ->> 'name');
    EXECUTE format('ALTER TABLE %s SET SCHEMA %I', entry.relation::regclass, doc ->> 'schema');
    EXECUTE format('ALTER TABLE %s OWNER TO %I', entry.relation::regclass, entry.owner);

    INSERT INTO pggit.lineage (classid, objid, objsubid, lineage, branch_id)
    SELECT 'pg_class'::regclass, entry.relation, 0, entry.lineage, entry.branch_id
    UNION ALL
    SELECT 'pg_class'::regclass, entry.relation, c.number, decode(c.lineage, 'hex'), entry.branch_id
    FROM jsonb_to_recordset(entry.columns) AS c (number integer, lineage text)
    WHERE c.lineage IS NOT NULL
    ON CONFLICT (classid, objid, objsubid) DO UPDATE
    SET lineage = excluded.lineage, branch_id = excluded.branch_id;

    UPDATE pggit.dropped_table AS t
    SET outcome = 'restored', ended_by = doc ->> 'who', ended_at = clock_timestamp()
    WHERE t.id = entry.id;
    RETURN entry.relation::text;
END
$$;
COMMENT ON FUNCTION pggit.put_back(text, text) IS 'Brings a dropped table back, as the proxy says.';
