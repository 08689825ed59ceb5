-- Who may do what in pggit, whatever default privileges the database has: everybody may read, nobody but the
-- owner may do anything else, and only the owner may see the key, the copies of tables' rows and what is known of dropped ones.
DO $$
DECLARE
    item record;
    grantee text;
BEGIN
    FOR item IN
        SELECT format('TABLE pggit.%I', relname) AS what, relacl AS acl
        FROM pg_class WHERE relnamespace = 'pggit'::regnamespace AND relkind IN ('r', 'v')
        UNION ALL
        SELECT format('SEQUENCE pggit.%I', relname), relacl
        FROM pg_class WHERE relnamespace = 'pggit'::regnamespace AND relkind = 'S'
        UNION ALL
        SELECT format('FUNCTION %s', oid::regprocedure), proacl
        FROM pg_proc WHERE pronamespace = 'pggit'::regnamespace
        UNION ALL
        SELECT 'SCHEMA pggit', nspacl FROM pg_namespace WHERE nspname = 'pggit'
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', item.what);
        FOR grantee IN
            SELECT DISTINCT r.rolname
            FROM aclexplode(item.acl) AS a JOIN pg_roles AS r ON r.oid = a.grantee
            WHERE r.rolname <> current_user
        LOOP
            EXECUTE format('REVOKE ALL ON %s FROM %I CASCADE', item.what, grantee);
        END LOOP;
    END LOOP;
    FOR item IN
        SELECT format('SELECT ON pggit.%I', relname) AS what
        FROM pg_class
        WHERE relnamespace = 'pggit'::regnamespace AND relkind IN ('r', 'v')
          AND relname NOT IN ('secret', 'ledger_base', 'hydration', 'dropped_table', 'drift')
        UNION ALL
        SELECT 'SELECT (branch_id, done, total, failure, started_at) ON pggit.hydration'
        FROM pg_class
        WHERE relnamespace = 'pggit'::regnamespace AND relname = 'hydration'
        UNION ALL
        SELECT 'SELECT (id, transaction_id, at, role, application, address, command, object, classid, objid) ON pggit.drift'
        FROM pg_class
        WHERE relnamespace = 'pggit'::regnamespace AND relname = 'drift'
        UNION ALL
        SELECT format('EXECUTE ON FUNCTION %s', oid::regprocedure)
        FROM pg_proc WHERE pronamespace = 'pggit'::regnamespace AND proname IN (
            'record', 'set_aside', 'put_back', 'physical_schema', 'physical_namespace',
            'physical_name', 'physical_names', 'logical_name')
        UNION ALL
        SELECT 'USAGE ON SCHEMA pggit'
    LOOP
        EXECUTE format('GRANT %s TO PUBLIC', item.what);
    END LOOP;
END
$$
