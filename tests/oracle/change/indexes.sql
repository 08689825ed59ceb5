SELECT current_setting('server_version_num')::integer >= 150000 AS pg15 \gset
ALTER INDEX idx.t_btree RENAME TO "T Btree";
ALTER INDEX idx.t_hash SET (fillfactor = 90);
ALTER INDEX idx.t_gin RESET (fastupdate), SET (gin_pending_list_limit = 256);
DROP INDEX idx.t_gist;
CREATE INDEX t_gist ON idx.t USING gist (e, d);
DROP INDEX idx.t_spgist;
ALTER INDEX idx.t_brin SET (autosummarize = off);
DROP INDEX idx.t_partial;
CREATE INDEX t_partial ON idx.t (h) WHERE i > 200;
DROP INDEX idx.t_covering;
CREATE UNIQUE INDEX t_covering ON idx.t (id) INCLUDE (a);
ALTER TABLE idx.t RENAME COLUMN b TO "B b";
\if :pg15
DROP INDEX idx.t_nulls;
CREATE UNIQUE INDEX t_nulls ON idx.t (i);
\endif
ALTER FUNCTION idx.norm RENAME TO normal;
ALTER INDEX idx.m_id RENAME TO m_key;
CREATE INDEX m_a ON idx.m (a);
CREATE INDEX added ON idx.liked USING btree (h DESC, "i") INCLUDE (f) WITH (deduplicate_items = off, fillfactor = 40) WHERE g IS NOT NULL;
COMMENT ON INDEX idx.t_hash IS 'equal only';
COMMENT ON INDEX idx."T Odd ""Index""" IS NULL;
-- Two that change names.
CREATE INDEX swap_a ON idx.liked (id);
CREATE INDEX swap_b ON idx.liked (a);
ALTER TABLE idx.liked ALTER id TYPE bigint;
