-- Functions and procedures: attributes, bodies of both sorts, overloads, signatures.
CREATE SCHEMA fn;
CREATE SCHEMA "Odd Path";
CREATE TABLE fn.users (id integer PRIMARY KEY, name text, boss integer);
CREATE TYPE fn.pair AS (a integer, b text);
CREATE FUNCTION fn.plain() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION fn.attributes(a integer, b text DEFAULT 'it''s', c integer DEFAULT 1 + 2) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SECURITY DEFINER COST 7
    AS $$ BEGIN RETURN b; END $$;
CREATE FUNCTION fn.many() RETURNS SETOF integer LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 17 COST 500 AS 'SELECT 1';
CREATE FUNCTION fn.with_settings() RETURNS text LANGUAGE sql
    SET search_path = fn, pg_temp SET work_mem = '5MB' SET "DateStyle" = 'ISO, DMY' SET statement_timeout = 1000
    AS $$ SELECT current_setting('search_path') $$;
CREATE FUNCTION fn.with_empty_path() RETURNS text LANGUAGE sql SET search_path = '' AS $$ SELECT name FROM fn.users $$;
CREATE FUNCTION fn.with_odd_path() RETURNS text LANGUAGE sql SET search_path = "$user", public, "Odd Path" AS $$ SELECT 'x' $$;
CREATE FUNCTION fn.overloaded(integer) RETURNS text LANGUAGE sql AS $$ SELECT 'i' $$;
CREATE FUNCTION fn.overloaded(text) RETURNS text LANGUAGE sql AS $$ SELECT 't' $$;
CREATE FUNCTION fn.overloaded(integer, text) RETURNS text LANGUAGE sql AS $$ SELECT 'it' $$;
CREATE FUNCTION fn.overloaded(fn.pair[]) RETURNS text LANGUAGE sql AS $$ SELECT 'p' $$;
CREATE FUNCTION fn.overloaded(VARIADIC numeric[]) RETURNS text LANGUAGE sql AS $$ SELECT 'v' $$;
CREATE FUNCTION fn.outs(IN a integer, OUT b text, INOUT c fn.pair, OUT "D d" integer[]) LANGUAGE sql AS $$ SELECT 'x', c, ARRAY[a] $$;
CREATE FUNCTION fn.returns_table(n integer) RETURNS TABLE (a integer, "B b" text, c fn.pair) LANGUAGE sql AS $$ SELECT 1, 'x', NULL::fn.pair $$;
CREATE FUNCTION fn.of_rows(u fn.users) RETURNS fn.users LANGUAGE sql AS $$ SELECT u.* $$;
CREATE FUNCTION fn.polymorphic(a anyelement, b anyarray DEFAULT '{}'::text[]) RETURNS anyelement LANGUAGE sql AS $$ SELECT a $$;
CREATE FUNCTION fn.atomic(a integer DEFAULT 3) RETURNS bigint LANGUAGE sql STABLE
    BEGIN ATOMIC SELECT count(*) FROM fn.users WHERE id > a; END;
CREATE FUNCTION fn.atomic_many() RETURNS text LANGUAGE sql
    BEGIN ATOMIC
        INSERT INTO fn.users (id, name) VALUES (1, 'ada') ON CONFLICT (id) DO UPDATE SET name = excluded.name;
        UPDATE fn.users AS u SET name = b.name FROM fn.users AS b WHERE b.id = u.boss;
        DELETE FROM fn.users WHERE id < 0;
        SELECT fn.overloaded(1) || fn.overloaded('x'::text);
    END;
CREATE FUNCTION fn.returning(a integer) RETURNS integer LANGUAGE sql RETURN a + 1;
-- What the body names exists later only, or at run time.
SET check_function_bodies = off;
CREATE FUNCTION fn.early() RETURNS SETOF fn.users LANGUAGE sql AS $$ SELECT * FROM fn.users WHERE id IN (SELECT id FROM fn.made_later) $$;
CREATE FUNCTION fn.rowtype(i integer) RETURNS text LANGUAGE plpgsql AS $_$
DECLARE
    u fn.users%ROWTYPE;
    n fn.users.name%TYPE;
    many fn.made_later[];
BEGIN
    SELECT * INTO u FROM fn.users WHERE id = $1;
    EXECUTE format('SELECT %I FROM fn.users', 'name') INTO n;
    RETURN u.name || n || $$ quoted $$;
END $_$;
RESET check_function_bodies;
CREATE TABLE fn.made_later (id integer, who fn.users);
CREATE PROCEDURE fn.work(a integer, INOUT b text DEFAULT 'x') LANGUAGE plpgsql AS $$ BEGIN COMMIT; b := a; END $$;
CREATE PROCEDURE fn.work() LANGUAGE sql SECURITY DEFINER SET search_path = fn AS 'DELETE FROM users';
CREATE PROCEDURE fn.atomic_work() LANGUAGE sql BEGIN ATOMIC DELETE FROM fn.users; END;
CREATE FUNCTION fn."Odd ""Function"""("Odd Arg" integer, "select" text) RETURNS text LANGUAGE sql AS $$ SELECT "select" $$;
CREATE FUNCTION fn.signature(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a';
CREATE TABLE fn.dependent (a integer DEFAULT fn.signature(1), b integer GENERATED ALWAYS AS (fn.signature(3)) STORED, CHECK (fn.signature(a) > 0));
CREATE INDEX dependent_signature ON fn.dependent (fn.signature(a));
CREATE VIEW fn.dependent_view AS SELECT fn.signature(a) AS s FROM fn.dependent;
CREATE FUNCTION fn.unnamed(integer, text) RETURNS integer LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION fn.returned() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION fn.backslash() RETURNS text LANGUAGE sql AS E'SELECT ''a\\\\b'' -- it''s\n';
CREATE FUNCTION fn.dollar() RETURNS text LANGUAGE sql AS 'SELECT $$a$$ || $function$b$function$ || $f$c$f$';
COMMENT ON FUNCTION fn.overloaded(integer, text) IS 'both';
COMMENT ON PROCEDURE fn.work() IS 'works';
REVOKE EXECUTE ON FUNCTION fn.plain() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fn.plain() TO oracle_reader WITH GRANT OPTION;
REVOKE ALL ON PROCEDURE fn.work(integer, text) FROM PUBLIC;
