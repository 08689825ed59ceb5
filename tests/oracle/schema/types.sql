-- Enums, domains and composite types, with the cycles they make with functions and tables.
CREATE SCHEMA typ;
CREATE TYPE typ.mood AS ENUM ('sad', 'ok', 'it''s fine', 'With Capitals', '');
CREATE TYPE typ."Odd ""Enum""" AS ENUM ('a');
CREATE TYPE typ.no_labels AS ENUM ();
CREATE TYPE typ.inserted AS ENUM ('a', 'z');
CREATE DOMAIN typ.plain AS integer;
CREATE DOMAIN typ.rich AS varchar(20) COLLATE "C" DEFAULT 'none' NOT NULL
    CONSTRAINT long_enough CHECK (length(VALUE) > 2) CONSTRAINT "Odd Check" CHECK (VALUE <> 'it''s') CHECK (VALUE ~ '^[a-z]');
ALTER DOMAIN typ.rich ADD CONSTRAINT unproven CHECK (VALUE <> 'old') NOT VALID;
CREATE DOMAIN typ.of_domain AS typ.plain CHECK (VALUE > 0);
CREATE DOMAIN typ.of_array AS integer[] CHECK (array_length(VALUE, 1) < 5);
CREATE DOMAIN typ.of_enum AS typ.mood DEFAULT 'ok' CHECK (VALUE <> 'sad');
CREATE TYPE typ.pair AS (a integer, b text COLLATE "C", "Odd Attribute" typ.mood[], d numeric(9,2));
CREATE DOMAIN typ.of_composite AS typ.pair CHECK ((VALUE).a > 0);
CREATE TYPE typ.nested AS (p typ.pair, ps typ.pair[], o typ.of_composite, m typ.mood);
CREATE TYPE typ.hollow AS ();
-- A domain whose check calls a function that reads a table that uses the domain.
CREATE FUNCTION typ.is_known(text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN EXISTS (SELECT FROM typ.known WHERE code = $1); END $$;
CREATE DOMAIN typ.code AS text CHECK (typ.is_known(VALUE));
CREATE TABLE typ.known (code typ.code);
CREATE FUNCTION typ.cheer(m typ.mood DEFAULT 'ok', d typ.plain DEFAULT 3) RETURNS typ.mood LANGUAGE sql IMMUTABLE AS 'SELECT m';
CREATE TABLE typ.user_of_all (
    mood typ.mood DEFAULT 'it''s fine', moods typ.mood[] DEFAULT '{sad,"it''s fine"}', odd typ."Odd ""Enum""",
    rich typ.rich, dom typ.of_domain DEFAULT 5, arr typ.of_array, e typ.of_enum, p typ.pair, n typ.nested, inserted typ.inserted,
    CHECK (mood <> 'sad'), CHECK ((p).a > 1), CHECK (typ.cheer(mood) IS NOT NULL)
);
CREATE INDEX user_of_all_happy ON typ.user_of_all (mood) WHERE mood = 'ok';
CREATE VIEW typ.happy AS SELECT mood, (p).b AS b, moods[1] AS first FROM typ.user_of_all WHERE mood = ANY ('{ok,"it''s fine"}'::typ.mood[]);
CREATE TYPE typ.dropped AS ENUM ('x');
CREATE TYPE typ.moved AS (a integer);
COMMENT ON TYPE typ.mood IS 'how one feels';
COMMENT ON DOMAIN typ.rich IS 'rich';
COMMENT ON CONSTRAINT "Odd Check" ON DOMAIN typ.rich IS 'odd';
COMMENT ON TYPE typ.pair IS 'two';
COMMENT ON COLUMN typ.pair.b IS 'second';
REVOKE USAGE ON TYPE typ.mood FROM PUBLIC;
GRANT USAGE ON TYPE typ.mood TO oracle_reader WITH GRANT OPTION;
GRANT USAGE ON DOMAIN typ.plain TO oracle_writer;
