-- Foreign tables: what is theirs, of servers that the whole database shares.
CREATE SCHEMA far;
CREATE EXTENSION file_fdw SCHEMA pg_catalog;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE far.lines (line text OPTIONS (force_not_null 'true') NOT NULL, n integer DEFAULT 3, "Odd" text COLLATE "C",
    CONSTRAINT positive CHECK (n > 0)) SERVER files OPTIONS (filename '/dev/null', format 'csv', delimiter ';', quote '''');
CREATE FOREIGN TABLE far.plain (a integer) SERVER files OPTIONS (filename '/dev/null');
CREATE VIEW far.v AS SELECT line FROM far.lines;
CREATE TABLE far.parent (a integer);
CREATE FOREIGN TABLE far.child () INHERITS (far.parent) SERVER files OPTIONS (filename '/dev/null');
COMMENT ON FOREIGN TABLE far.lines IS 'lines';
COMMENT ON COLUMN far.lines.line IS 'one line';
GRANT SELECT ON far.lines TO oracle_reader;
