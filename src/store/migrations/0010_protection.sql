-- Branches that only merges change, and the approvals that those may need.

CREATE TABLE pggit.protection (
    branch_id bigint PRIMARY KEY REFERENCES pggit.branch (id) ON DELETE CASCADE,
    -- Members of any of these may merge into it; everybody where there is none.
    roles text[] NOT NULL,
    -- Of so many roles other than the one that asked for the merge.
    approvals integer NOT NULL CHECK (approvals >= 0),
    protected_by text NOT NULL,
    protected_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE pggit.protection IS 'Branches that only merges change.';

CREATE TABLE pggit.merge_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id bigint NOT NULL,
    source text NOT NULL,
    target_id bigint NOT NULL,
    target text NOT NULL,
    message text,
    who text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'merged', 'closed')),
    commit bytea,
    finished_by text,
    finished_at timestamptz,
    CHECK ((state = 'merged') = (commit IS NOT NULL))
);
CREATE INDEX merge_request_open ON pggit.merge_request (target_id) WHERE state = 'open';
COMMENT ON TABLE pggit.merge_request IS 'Merges that somebody wishes others to approve.';

CREATE TABLE pggit.approval (
    request_id bigint NOT NULL REFERENCES pggit.merge_request (id),
    -- What was approved: a source that has moved on since needs another one.
    source_head bytea NOT NULL,
    who text NOT NULL,
    comment text,
    approved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (request_id, source_head, who)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON pggit.approval
    EXECUTE FUNCTION pggit.refuse_rewrite();
