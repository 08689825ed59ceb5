-- Branches with a time to live.

CREATE TABLE pggit.branch_expiry (
    branch_id bigint PRIMARY KEY REFERENCES pggit.branch (id) ON DELETE CASCADE,
    -- How long it may be unused.
    time_to_live interval NOT NULL CONSTRAINT time_to_live_bounds CHECK (time_to_live BETWEEN '0' AND '1000 years'),
    -- When the last session left it.
    used_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE pggit.branch_expiry IS 'Branches that are dropped when nobody has used them for that long; their commits stay.';

CREATE TABLE pggit.branch_use (
    branch_id bigint NOT NULL REFERENCES pggit.branch (id) ON DELETE CASCADE,
    proxy text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (branch_id, proxy)
);
COMMENT ON TABLE pggit.branch_use IS
    'Which proxies have sessions on branches that expire. One that has not said so for three minutes is gone.';

-- The name of a branch that is being dropped is free again, and its schemas are nobody else's until they are gone.
ALTER TABLE pggit.branch ADD dropped_at timestamptz, DROP CONSTRAINT branch_name;
CREATE UNIQUE INDEX branch_name ON pggit.branch (name) WHERE dropped_at IS NULL;

CREATE OR REPLACE FUNCTION pggit.refuse_taken_name() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other text := CASE TG_TABLE_NAME WHEN 'tag' THEN 'branch' ELSE 'tag' END;
    taken boolean;
BEGIN
    IF TG_TABLE_NAME = 'tag' THEN
        -- The insert itself keeps those who lock the table from naming branches.
        taken := EXISTS (SELECT FROM pggit.branch AS b WHERE b.name = NEW.name AND b.dropped_at IS NULL);
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
