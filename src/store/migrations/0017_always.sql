-- Triggers of the history hold where a session has turned others off (session_replication_role = replica), too: without
-- them no DDL of its could be recorded.
DO $$
DECLARE
    own record;
BEGIN
    FOR own IN
        SELECT g.tgrelid::pg_catalog.regclass AS relation, g.tgname
        FROM pg_catalog.pg_trigger AS g JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) g.tgrelid
        WHERE c.relnamespace OPERATOR(pg_catalog.=) 'pggit'::pg_catalog.regnamespace AND NOT g.tgisinternal
    LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', own.relation, own.tgname);
    END LOOP;
END
$$;
