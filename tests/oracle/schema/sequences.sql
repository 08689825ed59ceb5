-- Sequences of their own, owned ones, and those behind identity columns.
SELECT current_setting('server_version_num')::integer >= 150000 AS pg15 \gset
CREATE SCHEMA seq;
CREATE SEQUENCE seq.plain;
CREATE SEQUENCE seq.small AS smallint;
CREATE SEQUENCE seq.medium AS integer INCREMENT 10 START 1000;
CREATE SEQUENCE seq.down INCREMENT -3 MINVALUE -1000 MAXVALUE 50 START 20 CACHE 4 CYCLE;
CREATE SEQUENCE seq."Odd ""Name""" MINVALUE -9223372036854775808 MAXVALUE 9223372036854775807 START 0;
\if :pg15
CREATE UNLOGGED SEQUENCE seq.unlogged;
\endif
CREATE TABLE seq.t (id serial PRIMARY KEY, other bigserial, n bigint, m integer, "Odd Column" serial);
CREATE SEQUENCE seq.owned OWNED BY seq.t.n;
ALTER TABLE seq.t ALTER n SET DEFAULT nextval('seq.owned');
CREATE SEQUENCE seq.owned_elsewhere OWNED BY seq.t.m;
CREATE TABLE seq.user_of_plain (a bigint DEFAULT nextval('seq.plain'::regclass), b bigint DEFAULT nextval('seq.plain'), c text DEFAULT nextval('seq."Odd ""Name"""')::text);
-- By name, found at run time.
CREATE TABLE seq.late (a bigint DEFAULT nextval('seq.plain'::text));
CREATE TABLE seq.identity (id integer GENERATED ALWAYS AS IDENTITY (START 5 CACHE 2));
COMMENT ON SEQUENCE seq.plain IS 'plain';
GRANT USAGE ON SEQUENCE seq.plain TO oracle_reader;
GRANT SELECT, UPDATE ON SEQUENCE seq.small TO oracle_reader WITH GRANT OPTION;
