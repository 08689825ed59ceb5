-- Storage parameters and comments of the indexes behind keys.
CREATE SCHEMA kpa;
CREATE TABLE kpa.keys (
    a integer, b integer, c integer, e text,
    CONSTRAINT keys_primary PRIMARY KEY (b, a) INCLUDE (e) WITH (fillfactor = 80),
    CONSTRAINT keys_included UNIQUE (c) INCLUDE (e),
    CONSTRAINT keys_excluded EXCLUDE (e WITH =) WITH (fillfactor = 70)
);
CREATE TABLE kpa.adopted (a integer NOT NULL, b text);
CREATE UNIQUE INDEX adopted_key ON kpa.adopted (a) INCLUDE (b) WITH (fillfactor = 60);
ALTER TABLE kpa.adopted ADD CONSTRAINT adopted_key PRIMARY KEY USING INDEX adopted_key;
COMMENT ON INDEX kpa.keys_primary IS 'the index';
COMMENT ON CONSTRAINT keys_primary ON kpa.keys IS 'the key';
