-- What PostgreSQL 16 brought.
CREATE SCHEMA v16;
CREATE TABLE v16.t (a text STORAGE EXTERNAL COMPRESSION pglz, b text STORAGE MAIN, c jsonb, d integer DEFAULT 0x2A);
CREATE TABLE v16.copy (LIKE v16.t INCLUDING ALL);
CREATE VIEW v16.json AS
    SELECT json_object('a': a, 'b': b ABSENT ON NULL) AS o, json_array(a, b NULL ON NULL RETURNING text) AS l, c IS JSON OBJECT AS is_object FROM v16.t;
CREATE VIEW v16.aggregated AS SELECT json_objectagg(a: b WITH UNIQUE KEYS) AS o, json_arrayagg(b ORDER BY a) AS l, any_value(d) AS any FROM v16.t;
ALTER TABLE v16.t ADD CONSTRAINT is_json CHECK (b IS JSON WITH UNIQUE KEYS);
CREATE FUNCTION v16.who() RETURNS text LANGUAGE sql RETURN SYSTEM_USER;
CREATE VIEW v16.unnamed AS SELECT count(*) AS n FROM (SELECT a FROM v16.t);
CREATE TABLE v16.parted (a integer, b text) PARTITION BY RANGE (a);
CREATE TABLE v16.part PARTITION OF v16.parted (b DEFAULT 'own') FOR VALUES FROM (1_000) TO (2_000);
