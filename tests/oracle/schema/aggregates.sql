-- Aggregates of every sort.
CREATE SCHEMA agg;
CREATE TYPE agg.state AS (n bigint, total numeric);
CREATE FUNCTION agg.step(agg.state, numeric) RETURNS agg.state LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1.n + 1, $1.total + $2)::agg.state';
CREATE FUNCTION agg.done(agg.state) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1.total / $1.n';
CREATE FUNCTION agg.merge(agg.state, agg.state) RETURNS agg.state LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1.n + $2.n, $1.total + $2.total)::agg.state';
CREATE FUNCTION agg.back(agg.state, numeric) RETURNS agg.state LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1.n - 1, $1.total - $2)::agg.state';
CREATE AGGREGATE agg.mean(numeric) (SFUNC = agg.step, STYPE = agg.state, FINALFUNC = agg.done, INITCOND = '(0,0)', COMBINEFUNC = agg.merge, PARALLEL = safe);
CREATE AGGREGATE agg.moving(numeric) (SFUNC = agg.step, STYPE = agg.state, SSPACE = 200, FINALFUNC = agg.done, FINALFUNC_MODIFY = shareable, INITCOND = '(0,0)',
    MSFUNC = agg.step, MINVFUNC = agg.back, MSTYPE = agg.state, MSSPACE = 100, MFINALFUNC = agg.done, MFINALFUNC_MODIFY = read_only, MINITCOND = '(0,0)');
CREATE AGGREGATE agg.greatest(integer) (SFUNC = int4larger, STYPE = integer, SORTOP = >);
CREATE AGGREGATE agg.count_all(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0');
CREATE AGGREGATE agg.middle(double precision ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
CREATE AGGREGATE agg.place(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL);
CREATE FUNCTION agg.step_two(bigint, integer, integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2 * $3';
CREATE AGGREGATE agg.mean(integer, integer) (SFUNC = agg.step_two, STYPE = bigint, INITCOND = '0');
CREATE AGGREGATE agg."Odd ""Aggregate"""(n integer) (SFUNC = int4larger, STYPE = integer);
CREATE AGGREGATE agg.dropped(integer) (SFUNC = int4larger, STYPE = integer);
CREATE TABLE agg.t (a numeric, b integer);
CREATE VIEW agg.v AS SELECT b, agg.mean(a) AS m, agg.middle(0.5) WITHIN GROUP (ORDER BY b) AS mid FROM agg.t GROUP BY b;
COMMENT ON AGGREGATE agg.mean(numeric) IS 'mean';
REVOKE EXECUTE ON FUNCTION agg.moving(numeric) FROM PUBLIC;
