-- A branch is there at once, and its objects follow.

CREATE TABLE pggit.hydration (
    branch_id bigint PRIMARY KEY REFERENCES pggit.branch (id) ON DELETE CASCADE,
    -- Objects of the head that the branch had when this was last counted; null before that.
    done bigint,
    total bigint,
    -- By lineage, the rows that migration ledgers start with, as they were when the branch was made.
    ledgers jsonb NOT NULL,
    -- Why it cannot go on.
    failure text,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE pggit.hydration IS
    'Branches whose objects are being made. What is still to be made is what the head has and pggit.lineage does not know.';

DROP INDEX pggit.lineage_branch;
CREATE INDEX lineage_branch ON pggit.lineage (branch_id, lineage);
