-- Other things than merges apply the difference of two commits, stop at conflicts, and are kept like merges.

ALTER TABLE pggit.merge ADD operation text NOT NULL DEFAULT 'merge'
    CHECK (operation IN ('merge', 'revert', 'cherry-pick'));
