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

CREATE SCHEMA ext;
CREATE TABLE ext.t (a integer, b integer, c text, d timestamptz);
CREATE STATISTICS ext.plain ON a, b FROM ext.t;
CREATE STATISTICS ext.kinds (ndistinct, dependencies) ON a, b, c FROM ext.t;
CREATE STATISTICS ext.mcv (mcv) ON a, c FROM ext.t;
CREATE STATISTICS ext."Odd ""Statistics""" ON (a % 10), lower(c), b FROM ext.t;
CREATE STATISTICS ext.expression ON (a + b) FROM ext.t;
ALTER STATISTICS ext.plain SET STATISTICS 500;
CREATE STATISTICS ext.dropped ON b, c FROM ext.t;
COMMENT ON STATISTICS ext.plain IS 'a and b';
GRANT CREATE ON SCHEMA ext TO oracle_writer;
ALTER STATISTICS ext.kinds OWNER TO oracle_writer;
-- On partitioned tables and their parts.
CREATE TABLE sta.parts (id integer, a text, b text) PARTITION BY RANGE (id);
CREATE TABLE sta.part PARTITION OF sta.parts FOR VALUES FROM (0) TO (9);
CREATE STATISTICS sta.of_all ON a, b FROM sta.parts;
CREATE STATISTICS sta.of_one ON id, b FROM sta.part;
