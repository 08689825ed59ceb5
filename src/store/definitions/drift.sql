-- Notes DDL of whatever session, as the event triggers of `pggit init --event-trigger` find it. A transaction of the proxy's
-- takes its own notes away where it is recorded (pggit.record), which nobody else can make it do.
--
-- It must never be the reason why DDL fails, nor wait for anybody: what cannot be noted is not. What is kept is bounded, and so is
-- what a command may add to it.

CREATE OR REPLACE FUNCTION pggit.note_drift() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    most_rows CONSTANT bigint := 10000;
    most_of_a_command CONSTANT bigint := 100;
    longest_statement CONSTANT integer := 4096;
    -- Of these kinds are the objects that are versioned, and their parts.
    kinds CONSTANT oid[] := '{pg_class,pg_type,pg_proc,pg_namespace,pg_constraint,pg_trigger,pg_policy,pg_rewrite,pg_attrdef,
        pg_statistic_ext,pg_operator,pg_opclass,pg_opfamily,pg_amop,pg_amproc,pg_cast,pg_collation,pg_conversion,
        pg_ts_config,pg_ts_dict,pg_ts_parser,pg_ts_template,pg_default_acl}'::regclass[]::oid[];
    latest bigint;
BEGIN
    -- What the administrative role makes for branches is the proxy's own.
    IF session_user = current_user AND current_setting('application_name') = 'pggit' THEN
        RETURN;
    END IF;
    SELECT coalesce(max(d.id), 0) INTO latest FROM pggit.drift AS d;
    IF TG_EVENT = 'sql_drop' THEN
        INSERT INTO pggit.drift (id, transaction_id, role, application, address, command, object, classid, objid, statement)
        SELECT latest + row_number() OVER (), pg_current_xact_id()::text, session_user, current_setting('application_name'),
               concat_ws(':', host(inet_client_addr()), inet_client_port()), TG_TAG, o.object_identity, o.classid, o.objid,
               left(current_query(), longest_statement)
        FROM pg_event_trigger_dropped_objects() AS o
        WHERE o.original AND NOT o.is_temporary AND o.schema_name IS DISTINCT FROM 'pggit' AND o.classid = ANY (kinds)
        LIMIT most_of_a_command;
    ELSE
        INSERT INTO pggit.drift (id, transaction_id, role, application, address, command, object, classid, objid, statement)
        SELECT latest + row_number() OVER (), pg_current_xact_id()::text, session_user, current_setting('application_name'),
               concat_ws(':', host(inet_client_addr()), inet_client_port()), TG_TAG, o.object_identity, o.classid, o.objid,
               left(current_query(), longest_statement)
        FROM pg_event_trigger_ddl_commands() AS o
        WHERE NOT o.in_extension AND o.schema_name IS DISTINCT FROM 'pggit'
          AND coalesce(o.schema_name !~ '^pg_(temp|toast)', true)
          AND (o.classid = ANY (kinds) OR o.classid IS NULL)
        LIMIT most_of_a_command;
    END IF;
    IF FOUND THEN
        DELETE FROM pggit.drift AS d
        WHERE d.ctid = ANY (ARRAY(
            SELECT old.ctid FROM pggit.drift AS old WHERE old.id <= latest - most_rows
            ORDER BY old.id LIMIT 2 * most_of_a_command FOR UPDATE SKIP LOCKED));
    END IF;
EXCEPTION WHEN OTHERS THEN
    NULL;
END
$$;
COMMENT ON FUNCTION pggit.note_drift() IS 'Notes DDL that the proxy may not see. The proxy takes its own notes away.';
