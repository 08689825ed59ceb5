-- Where rows are kept: tablespaces and table access methods, which all branches share.
SET allow_in_place_tablespaces = on;
SELECT 'CREATE TABLESPACE "Oracle Space" LOCATION '''''
WHERE NOT EXISTS (SELECT FROM pg_tablespace WHERE spcname = 'Oracle Space') \gexec
RESET allow_in_place_tablespaces;
CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler;
CREATE SCHEMA plc;
CREATE TABLE plc.t (id integer CONSTRAINT t_key PRIMARY KEY USING INDEX TABLESPACE "Oracle Space", a text) TABLESPACE "Oracle Space";
CREATE INDEX t_a ON plc.t (a) TABLESPACE "Oracle Space";
CREATE INDEX t_plain ON plc.t (a DESC);
CREATE TABLE plc.plain (id integer PRIMARY KEY);
CREATE TABLE plc.other_method (id integer) USING heap_too;
CREATE MATERIALIZED VIEW plc.m USING heap_too TABLESPACE "Oracle Space" AS SELECT id FROM plc.t;
CREATE TABLE plc.parted (id integer) PARTITION BY LIST (id) TABLESPACE "Oracle Space";
CREATE TABLE plc.parted_1 PARTITION OF plc.parted FOR VALUES IN (1);
CREATE TABLE plc.parted_2 PARTITION OF plc.parted FOR VALUES IN (2) TABLESPACE pg_default;
