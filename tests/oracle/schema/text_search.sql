-- Text search configurations and dictionaries.
CREATE SCHEMA fts;
CREATE TEXT SEARCH DICTIONARY fts.plain (TEMPLATE = simple, STOPWORDS = english, ACCEPT = false);
CREATE TEXT SEARCH DICTIONARY fts.stems (TEMPLATE = snowball, LANGUAGE = german, STOPWORDS = german);
CREATE TEXT SEARCH DICTIONARY fts."Odd ""Dictionary""" (TEMPLATE = simple);
CREATE TEXT SEARCH DICTIONARY fts.dropped (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION fts.empty (PARSER = "default");
CREATE TEXT SEARCH CONFIGURATION fts.copied (COPY = english);
CREATE TEXT SEARCH CONFIGURATION fts.own (PARSER = "default");
ALTER TEXT SEARCH CONFIGURATION fts.own ADD MAPPING FOR asciiword, word WITH fts.stems, fts.plain, simple;
ALTER TEXT SEARCH CONFIGURATION fts.own ADD MAPPING FOR numword, email, url WITH fts."Odd ""Dictionary""";
CREATE TEXT SEARCH CONFIGURATION fts."Odd ""Configuration""" (COPY = fts.own);
CREATE TABLE fts.t (a text, v tsvector GENERATED ALWAYS AS (to_tsvector('fts.own', a)) STORED);
CREATE INDEX t_a ON fts.t USING gin (to_tsvector('fts.copied'::regconfig, a));
CREATE FUNCTION fts.search(text) RETURNS tsquery LANGUAGE sql IMMUTABLE AS $$ SELECT plainto_tsquery('fts.own', $1) $$;
COMMENT ON TEXT SEARCH CONFIGURATION fts.own IS 'own';
COMMENT ON TEXT SEARCH DICTIONARY fts.stems IS 'stems';
