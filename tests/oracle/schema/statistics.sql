-- Extended statistics of every kind.
CREATE SCHEMA sta;
CREATE SCHEMA "Sta Two";
CREATE TABLE sta.t (id integer PRIMARY KEY, a text, b text, "Odd Column" integer);
CREATE MATERIALIZED VIEW sta.m AS SELECT id, a FROM sta.t;
CREATE FUNCTION sta.half(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n / 2';
CREATE STATISTICS sta.all_kinds ON a, b FROM sta.t;
CREATE STATISTICS sta.some_kinds (ndistinct, mcv) ON a, "Odd Column" FROM sta.t;
CREATE STATISTICS sta.one (dependencies) ON a, b FROM sta.t;
CREATE STATISTICS sta.expression ON (lower(a)) FROM sta.t;
CREATE STATISTICS "Sta Two"."Odd ""Statistics""" (mcv) ON (sta.half("Odd Column")), (id + 1), b FROM sta.t;
CREATE STATISTICS sta.of_view ON id, a FROM sta.m;
ALTER STATISTICS sta.one SET STATISTICS 42;
GRANT CREATE ON SCHEMA sta TO oracle_writer;
ALTER STATISTICS sta.some_kinds OWNER TO oracle_writer;
COMMENT ON STATISTICS sta.all_kinds IS 'it''s all';
