-- What a merge leaves in the target's history.

ALTER TABLE pggit.merge ADD history text NOT NULL DEFAULT 'auto'
    CHECK (history IN ('auto', 'no_ff', 'ff_only', 'squash'));
