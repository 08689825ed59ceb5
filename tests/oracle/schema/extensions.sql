-- Types, functions and operator classes of extensions that live in a versioned schema: they stay where they are.
CREATE EXTENSION citext SCHEMA public;
CREATE EXTENSION hstore SCHEMA public;
CREATE EXTENSION pg_trgm SCHEMA public;
CREATE SCHEMA ext;
CREATE TABLE ext.t (
    id integer PRIMARY KEY,
    name public.citext UNIQUE,
    names public.citext[] DEFAULT '{}',
    attributes public.hstore DEFAULT ''::public.hstore NOT NULL,
    odd text,
    CHECK (name OPERATOR(public.<>) 'nobody'::public.citext)
);
CREATE TABLE public.own (name citext, citext text, public text);
CREATE INDEX t_trigrams ON ext.t USING gin (odd public.gin_trgm_ops);
CREATE INDEX t_attributes ON ext.t USING gist (attributes public.gist_hstore_ops (siglen = 64));
CREATE VIEW ext.v AS SELECT name, attributes OPERATOR(public.->) 'a' AS a, public.similarity('y', 'x') AS s FROM ext.t WHERE name OPERATOR(public.=) 'x'::public.citext;
CREATE FUNCTION ext.f(n public.citext, h public.hstore DEFAULT NULL) RETURNS SETOF public.citext LANGUAGE sql STABLE AS 'SELECT name FROM ext.t WHERE name = $1';
CREATE DOMAIN ext.d AS public.citext CHECK (VALUE OPERATOR(public.<>) ''::public.citext);
CREATE TYPE ext.c AS (a public.citext, b public.hstore[]);
