-- Tags: names for commits that never move.

CREATE TABLE pggit.tag (
    name text PRIMARY KEY,
    commit bytea NOT NULL REFERENCES pggit.commit (hash),
    message text,
    tagged_by text NOT NULL,
    tagged_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE pggit.tag IS 'Names for commits. A tag can be deleted, which the reflog notes under branch 0, but never moved.';
CREATE INDEX tag_commit ON pggit.tag (commit);

CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON pggit.tag
    EXECUTE FUNCTION pggit.refuse_rewrite();

-- A branch and a tag never have one name. Whoever names a branch waits for tags that are being made, and the other way
-- round; branches do not wait for each other.
CREATE FUNCTION pggit.refuse_taken_name() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other text := CASE TG_TABLE_NAME WHEN 'tag' THEN 'branch' ELSE 'tag' END;
    taken boolean;
BEGIN
    IF TG_TABLE_NAME = 'tag' THEN
        -- The insert itself keeps those who lock the table from naming branches.
        taken := EXISTS (SELECT FROM pggit.branch AS b WHERE b.name = NEW.name);
    ELSE
        LOCK TABLE pggit.tag IN SHARE MODE;
        taken := EXISTS (SELECT FROM pggit.tag AS t WHERE t.name = NEW.name);
    END IF;
    IF taken THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = format('a %s named "%s" already exists', other, NEW.name);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER one_name BEFORE INSERT ON pggit.tag
    FOR EACH ROW EXECUTE FUNCTION pggit.refuse_taken_name();
CREATE TRIGGER one_name BEFORE INSERT OR UPDATE OF name ON pggit.branch
    FOR EACH ROW EXECUTE FUNCTION pggit.refuse_taken_name();
