-- Range types with their multiranges.
CREATE SCHEMA rng;
CREATE FUNCTION rng.difference(numeric, numeric) RETURNS double precision LANGUAGE sql IMMUTABLE AS 'SELECT ($1 - $2)::double precision';
CREATE TYPE rng.amountrange AS RANGE (subtype = numeric, subtype_diff = rng.difference);
CREATE TYPE rng.words AS RANGE (subtype = text, collation = "C", subtype_opclass = text_pattern_ops, multirange_type_name = rng.many_words);
CREATE TYPE rng."Odd ""Range""" AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE rng.dropped AS RANGE (subtype = integer);
CREATE TYPE rng.made_again AS RANGE (subtype = integer);
CREATE TABLE rng.t (a rng.amountrange DEFAULT '[1,2)', b rng.amountmultirange, c rng.many_words[], EXCLUDE USING gist (a WITH &&), CHECK (lower(a) > 0));
CREATE VIEW rng.v AS SELECT upper(a) AS u, b FROM rng.t WHERE a && '[3,4]'::rng.amountrange;
CREATE FUNCTION rng.f(rng.words) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
COMMENT ON TYPE rng.amountrange IS 'amounts';
REVOKE USAGE ON TYPE rng.words FROM PUBLIC;
GRANT USAGE ON TYPE rng.words TO oracle_reader;
