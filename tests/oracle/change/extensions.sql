ALTER TABLE ext.t ADD COLUMN more public.hstore, ALTER odd TYPE public.citext, DROP CONSTRAINT t_name_check;
ALTER TABLE ext.t RENAME COLUMN name TO citext;
DROP INDEX ext.t_trigrams;
CREATE INDEX t_trigrams ON ext.t USING gist ((odd::text) public.gist_trgm_ops);
ALTER TABLE public.own RENAME TO hstore_own;
ALTER DOMAIN ext.d SET DEFAULT 'x';
CREATE TABLE ext.added (a public.citext COLLATE "C" PRIMARY KEY, b ext.d, c ext.c[]);
CREATE OR REPLACE FUNCTION ext.f(n public.citext, h public.hstore DEFAULT ''::public.hstore) RETURNS SETOF public.citext LANGUAGE sql STABLE AS 'SELECT citext FROM ext.t';
