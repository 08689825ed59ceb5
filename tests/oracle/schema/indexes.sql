-- Indexes by every method, with all that an index can have.
SELECT current_setting('server_version_num')::integer >= 150000 AS pg15 \gset
CREATE SCHEMA idx;
CREATE TABLE idx.t (id integer, a text, b text, c integer[], d tsvector, e point, f jsonb, g inet, h timestamptz, i bigint);
CREATE INDEX t_btree ON idx.t (a);
CREATE INDEX t_hash ON idx.t USING hash (a) WITH (fillfactor = 60);
CREATE INDEX t_gin ON idx.t USING gin (c, d) WITH (fastupdate = off, gin_pending_list_limit = 128);
CREATE INDEX t_gist ON idx.t USING gist (e) WITH (buffering = on);
CREATE INDEX t_spgist ON idx.t USING spgist (e kd_point_ops);
CREATE INDEX t_brin ON idx.t USING brin (h, i int8_minmax_multi_ops (values_per_range = 16)) WITH (pages_per_range = 4, autosummarize = on);
CREATE INDEX t_jsonb_path ON idx.t USING gin (f jsonb_path_ops);
CREATE INDEX t_opclass ON idx.t (a text_pattern_ops, b varchar_pattern_ops DESC);
CREATE INDEX t_collated ON idx.t (a COLLATE "C" DESC NULLS LAST, b COLLATE "POSIX" NULLS FIRST);
CREATE UNIQUE INDEX t_covering ON idx.t (id) INCLUDE (a, b);
CREATE INDEX t_expression ON idx.t (lower(a), (b || 'x'), (id % 10));
CREATE INDEX t_partial ON idx.t (h) WHERE i > 100 AND a IS NOT NULL;
CREATE UNIQUE INDEX "T Odd ""Index""" ON idx.t (id, (a IS NULL)) WHERE b = 'it''s';
CREATE INDEX t_text_search ON idx.t USING gin (to_tsvector('english', coalesce(a, '') || ' ' || coalesce(b, '')));
\if :pg15
CREATE UNIQUE INDEX t_nulls ON idx.t (i) NULLS NOT DISTINCT;
\endif
CREATE FUNCTION idx.norm(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT btrim(lower($1)) $$;
CREATE INDEX t_function ON idx.t (idx.norm(a)) WHERE idx.norm(b) <> '';
CREATE MATERIALIZED VIEW idx.m AS SELECT id, a FROM idx.t;
CREATE UNIQUE INDEX m_id ON idx.m (id);
CREATE TABLE idx.liked (LIKE idx.t INCLUDING INDEXES);
COMMENT ON INDEX idx.t_btree IS 'by a';
COMMENT ON INDEX idx."T Odd ""Index""" IS 'odd';
