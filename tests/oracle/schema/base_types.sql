-- What only a superuser may make: base types, and their functions; templates and parsers of text search.
CREATE SCHEMA bas;
CREATE TYPE bas.shell;
CREATE TYPE bas.octet;
CREATE FUNCTION bas.octet_in(cstring) RETURNS bas.octet LANGUAGE internal IMMUTABLE STRICT AS 'charin';
CREATE FUNCTION bas.octet_out(bas.octet) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'charout';
CREATE FUNCTION bas.octet_recv(internal) RETURNS bas.octet LANGUAGE internal IMMUTABLE STRICT AS 'charrecv';
CREATE FUNCTION bas.octet_send(bas.octet) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'charsend';
CREATE TYPE bas.octet (INPUT = bas.octet_in, OUTPUT = bas.octet_out, RECEIVE = bas.octet_recv, SEND = bas.octet_send,
    INTERNALLENGTH = 1, PASSEDBYVALUE, ALIGNMENT = char, STORAGE = plain, CATEGORY = 'X', PREFERRED = true, DEFAULT = 'x', DELIMITER = ';');
CREATE TYPE bas.words;
CREATE FUNCTION bas.words_in(cstring) RETURNS bas.words LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION bas.words_out(bas.words) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE bas.words (INPUT = bas.words_in, OUTPUT = bas.words_out, LIKE = text, COLLATABLE = true);
CREATE TABLE bas.t (a bas.octet, b bas.words, c bas.octet[]);
CREATE TEXT SEARCH TEMPLATE bas.template (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH PARSER bas.parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);
CREATE TEXT SEARCH DICTIONARY bas.dictionary (TEMPLATE = bas.template);
CREATE TEXT SEARCH CONFIGURATION bas.configuration (PARSER = bas.parser);
ALTER TEXT SEARCH CONFIGURATION bas.configuration ADD MAPPING FOR word WITH bas.dictionary;
CREATE FUNCTION bas.c_function(integer) RETURNS integer LANGUAGE internal IMMUTABLE STRICT LEAKPROOF AS 'int4abs';
CREATE FUNCTION bas.window_function() RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_row_number';
COMMENT ON TYPE bas.octet IS 'one byte';
COMMENT ON TEXT SEARCH PARSER bas.parser IS 'parser';
COMMENT ON TEXT SEARCH TEMPLATE bas.template IS 'template';
