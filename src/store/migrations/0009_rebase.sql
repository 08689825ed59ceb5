-- Rebases: a branch's own commits, worked out anew upon another commit.

CREATE TABLE pggit.rebase (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    branch_id bigint NOT NULL,
    -- As it was called then.
    branch text NOT NULL,
    onto bytea NOT NULL,
    onto_name text NOT NULL,
    -- Where the branch was when it began.
    head bytea NOT NULL,
    -- Commits that are left out.
    skipped bytea[] NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'completed', 'aborted')),
    who text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Where the branch went.
    commit bytea,
    finished_by text,
    finished_at timestamptz,
    CHECK ((state = 'completed') = (commit IS NOT NULL))
);
COMMENT ON TABLE pggit.rebase IS
    'Rebases. An open one is nothing but this and the decisions of its conflicts: the rest is worked out again.';
CREATE UNIQUE INDEX rebase_open ON pggit.rebase (branch_id) WHERE state = 'open';

ALTER TABLE pggit.merge
    ADD rebase bigint REFERENCES pggit.rebase (id),
    DROP CONSTRAINT merge_operation_check,
    ADD CONSTRAINT merge_operation_check CHECK (operation IN ('merge', 'revert', 'cherry-pick', 'rebase'));
CREATE INDEX merge_rebase ON pggit.merge (rebase) WHERE rebase IS NOT NULL;
