-- Casts of a schema's types and functions.
CREATE SCHEMA cas;
CREATE TYPE cas.shade AS ENUM ('light', 'dark');
CREATE TYPE cas.pair AS (a integer, b integer);
CREATE FUNCTION cas.to_shade(integer) RETURNS cas.shade LANGUAGE sql IMMUTABLE AS $$ SELECT CASE $1 WHEN 0 THEN 'dark' ELSE 'light' END::cas.shade $$;
CREATE FUNCTION cas.to_integer(cas.shade) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION cas.to_pair(integer) RETURNS cas.pair LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1, $1)::cas.pair';
CREATE CAST (integer AS cas.shade) WITH FUNCTION cas.to_shade(integer);
CREATE CAST (cas.shade AS integer) WITH FUNCTION cas.to_integer(cas.shade) AS ASSIGNMENT;
CREATE CAST (integer AS cas.pair) WITH FUNCTION cas.to_pair(integer) AS IMPLICIT;
CREATE CAST (cas.pair AS text) WITH INOUT;
CREATE TABLE cas.t (a integer, s cas.shade GENERATED ALWAYS AS (a::cas.shade) STORED);
CREATE VIEW cas.v AS SELECT a::cas.pair AS p FROM cas.t;
COMMENT ON CAST (integer AS cas.shade) IS 'by number';
