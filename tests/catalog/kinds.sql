-- The kinds that are kept as their statement, but for those on relations. Schema names are filled in.
CREATE TYPE {public}.mood AS ENUM ('sad', 'ok');
CREATE FUNCTION {public}.eq({public}.mood, {public}.mood) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'enum_eq';
CREATE FUNCTION {public}.lt({public}.mood, {public}.mood) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'enum_lt';
CREATE FUNCTION {public}.cmp({public}.mood, {public}.mood) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'enum_cmp';
CREATE FUNCTION {public}.lower_of({public}.mood, {public}.mood) RETURNS {public}.mood LANGUAGE sql IMMUTABLE AS 'SELECT least($1, $2)';
CREATE FUNCTION {public}.nth() RETURNS bigint LANGUAGE internal WINDOW AS 'window_row_number';
CREATE OPERATOR {app}.=== (FUNCTION = {public}.eq, LEFTARG = {public}.mood, RIGHTARG = {public}.mood, COMMUTATOR = OPERATOR({app}.===), RESTRICT = eqsel, HASHES);
CREATE OPERATOR {public}.<<< (FUNCTION = {public}.lt, LEFTARG = {public}.mood, RIGHTARG = {public}.mood);
COMMENT ON OPERATOR {public}.<<< ({public}.mood, {public}.mood) IS 'sadder';
CREATE OPERATOR CLASS {public}."By Mood" FOR TYPE {public}.mood USING btree AS
  OPERATOR 1 {public}.<<<, OPERATOR 3 {app}.===, FUNCTION 1 {public}.cmp({public}.mood, {public}.mood);
CREATE OPERATOR FAMILY {app}.loose USING btree;
ALTER OPERATOR FAMILY {app}.loose USING btree ADD OPERATOR 1 {public}.<<< ({public}.mood, {public}.mood), FUNCTION 1 ({public}.mood, {public}.mood) {public}.cmp({public}.mood, {public}.mood);
CREATE AGGREGATE {public}.lowest(m {public}.mood) (SFUNC = {public}.lower_of, STYPE = {public}.mood, SORTOP = OPERATOR({public}.<<<), PARALLEL = SAFE);
COMMENT ON AGGREGATE {public}.lowest({public}.mood) IS 'saddest';
CREATE AGGREGATE {public}.many(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0');
REVOKE EXECUTE ON FUNCTION {public}.many() FROM PUBLIC;
CREATE COLLATION {app}."Order" (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE CONVERSION {app}.latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TYPE {app}."Moods" AS RANGE (SUBTYPE = {public}.mood, SUBTYPE_OPCLASS = {public}."By Mood", MULTIRANGE_TYPE_NAME = {public}."Many Moods");
CREATE TYPE {public}.shell;
CREATE TYPE {public}.label;
CREATE FUNCTION {public}.label_in(cstring) RETURNS {public}.label LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION {public}.label_out({public}.label) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE {public}.label (INPUT = {public}.label_in, OUTPUT = {public}.label_out, LIKE = text);
CREATE TEXT SEARCH PARSER {app}.parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE {app}.template (LEXIZE = dsimple_lexize, INIT = dsimple_init);
CREATE TEXT SEARCH DICTIONARY {public}.dict (TEMPLATE = {app}.template, StopWords = english, accept = false);
CREATE TEXT SEARCH CONFIGURATION {public}.search (PARSER = {app}.parser);
ALTER TEXT SEARCH CONFIGURATION {public}.search ADD MAPPING FOR asciiword, word WITH {public}.dict, simple;
CREATE TABLE {public}.people (
  m {public}.mood, ms {app}."Moods", many {public}."Many Moods"[], name text COLLATE {app}."Order", l {public}.label,
  low boolean DEFAULT ('sad'::{public}.mood OPERATOR({public}.<<<) 'ok'), v tsvector GENERATED ALWAYS AS (to_tsvector('{public}.search'::regconfig, name)) STORED,
  EXCLUDE USING btree (m {public}."By Mood" WITH OPERATOR({app}.===)));
CREATE VIEW {public}.lowest_ones AS SELECT {public}.lowest(p.m) AS m, {public}.nth() OVER () AS n FROM {public}.people AS p WHERE p.m OPERATOR({app}.===) 'sad' GROUP BY p.ms;
