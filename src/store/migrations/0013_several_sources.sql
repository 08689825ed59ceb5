-- A merge of several sources in turn.

ALTER TABLE pggit.merge
    ADD more_sources text[] NOT NULL DEFAULT '{}',
    ADD more_heads bytea[] NOT NULL DEFAULT '{}',
    ADD CHECK (cardinality(more_sources) = cardinality(more_heads));
COMMENT ON COLUMN pggit.merge.more_sources IS 'What was merged after source, in order; more_heads has the commits.';

ALTER TABLE pggit.merge_conflict ADD source_number integer NOT NULL DEFAULT 1 CHECK (source_number > 0);
COMMENT ON COLUMN pggit.merge_conflict.source_number IS 'Which source conflicts, from 1: with the target, as those before it have made it.';

-- There may be several.
DROP FUNCTION IF EXISTS pggit.merged_head(jsonb);
