-- Dropped tables that are kept for a while: out of everybody's sight, but not gone.

-- Nobody but its owner may use it. A table in it is called by its OID and belongs to the owner as well.
CREATE SCHEMA pggit_dropped;
REVOKE ALL ON SCHEMA pggit_dropped FROM PUBLIC;
COMMENT ON SCHEMA pggit_dropped IS 'Dropped tables with their rows, until reverting the drop brings them back or their time is over.';

CREATE TABLE pggit.dropped_table (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    branch_id bigint NOT NULL,
    branch text NOT NULL,
    lineage bytea NOT NULL,
    -- In pggit_dropped, while it is kept.
    relation oid NOT NULL,
    -- Physical names.
    schema text NOT NULL,
    name text NOT NULL,
    owner text NOT NULL,
    -- [{"number", "name", "type", "lineage"}]
    columns jsonb NOT NULL,
    -- Where the sequences of its columns were: [{"column", "lineage", "last_value", "is_called"}]; a sequence of an identity column is
    -- known by its column's lineage, any other by its own.
    sequences jsonb NOT NULL,
    who text NOT NULL,
    dropped_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    -- What became of it.
    outcome text CHECK (outcome IN ('restored', 'expired', 'purged')),
    ended_by text,
    ended_at timestamptz,
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
CREATE INDEX dropped_table_kept ON pggit.dropped_table (expires_at) WHERE outcome IS NULL;
COMMENT ON TABLE pggit.dropped_table IS 'Dropped tables whose rows were kept, and what became of them.';
