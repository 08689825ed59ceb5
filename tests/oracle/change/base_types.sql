ALTER TYPE bas.words SET (STORAGE = external);
ALTER TYPE bas.octet RENAME TO "Octet";
DROP TYPE bas.shell;
CREATE TYPE bas.shell_too;
ALTER TEXT SEARCH TEMPLATE bas.template RENAME TO simple;
ALTER TEXT SEARCH PARSER bas.parser RENAME TO standard;
ALTER FUNCTION bas.c_function(integer) NOT LEAKPROOF COST 3;
CREATE TEXT SEARCH TEMPLATE bas.added (LEXIZE = dsimple_lexize);
COMMENT ON TYPE bas."Octet" IS NULL;
