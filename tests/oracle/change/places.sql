ALTER TABLE plc.t SET TABLESPACE pg_default;
ALTER INDEX plc.t_a SET TABLESPACE pg_default;
ALTER INDEX plc.t_plain SET TABLESPACE "Oracle Space";
ALTER TABLE plc.plain SET TABLESPACE "Oracle Space";
ALTER INDEX plc.plain_pkey SET TABLESPACE "Oracle Space";
ALTER MATERIALIZED VIEW plc.m SET TABLESPACE pg_default;
CREATE TABLE plc.added (id integer) USING heap_too TABLESPACE "Oracle Space";
