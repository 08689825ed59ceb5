-- What became of every merge, for good: each object, each decision, and what was done.

ALTER TABLE pggit.merge ADD statements text[];
COMMENT ON COLUMN pggit.merge.statements IS 'The DDL that it applied to the target, in logical names.';

-- A strategy decides as well as a person, and may keep both sides.
ALTER TABLE pggit.merge_conflict
    ADD decided_by text CHECK (decided_by IN ('person', 'memory', 'strategy')),
    DROP CONSTRAINT merge_conflict_resolution_check,
    ADD CONSTRAINT merge_conflict_resolution_check
        CHECK (resolution IN ('BASE', 'SOURCE', 'TARGET', 'CUSTOM', 'UNION'));
UPDATE pggit.merge_conflict SET decided_by = 'person' WHERE resolution IS NOT NULL;
CREATE INDEX merge_conflict_attribute ON pggit.merge_conflict (lineage, attribute);

CREATE TABLE pggit.merge_object (
    merge_id bigint NOT NULL REFERENCES pggit.merge (id),
    lineage bytea NOT NULL,
    object jsonb NOT NULL,
    kind text NOT NULL,
    result text NOT NULL CHECK (result IN ('keep', 'create', 'alter', 'drop')),
    PRIMARY KEY (merge_id, lineage)
);
COMMENT ON TABLE pggit.merge_object IS 'The objects that a merge found to differ, and what it did to the target''s.';

CREATE TABLE pggit.merge_decision (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merge_id bigint NOT NULL,
    conflict_id bigint NOT NULL,
    resolution text NOT NULL,
    custom_sql text,
    decided_by text NOT NULL,
    who text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (merge_id, conflict_id) REFERENCES pggit.merge_conflict (merge_id, id)
);
CREATE INDEX merge_decision_conflict ON pggit.merge_decision (merge_id, conflict_id);
COMMENT ON TABLE pggit.merge_decision IS 'Every decision of a conflict, also those that were taken again.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON pggit.merge_object
    EXECUTE FUNCTION pggit.refuse_rewrite();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON pggit.merge_decision
    EXECUTE FUNCTION pggit.refuse_rewrite();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON pggit.merge
    EXECUTE FUNCTION pggit.refuse_rewrite();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON pggit.merge_conflict
    EXECUTE FUNCTION pggit.refuse_rewrite();

-- A merge and its conflicts change until it is done.
CREATE TRIGGER append_only_when_done BEFORE UPDATE ON pggit.merge
    FOR EACH ROW WHEN (old.state <> 'open')
    EXECUTE FUNCTION pggit.refuse_rewrite();
CREATE FUNCTION pggit.refuse_late_decision() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM pggit.merge AS m WHERE m.id = old.merge_id AND m.state <> 'open') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('history is append-only: %s on pggit.%s is not allowed', TG_OP, TG_TABLE_NAME);
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER append_only_when_done BEFORE UPDATE ON pggit.merge_conflict
    FOR EACH ROW EXECUTE FUNCTION pggit.refuse_late_decision();
