-- Storage parameters and comments of the indexes behind keys.
CREATE SCHEMA par;
CREATE TABLE par.keys (
    a integer, b integer, c integer, e text,
    CONSTRAINT keys_primary PRIMARY KEY (b, a) INCLUDE (e) WITH (fillfactor = 80),
    CONSTRAINT keys_included UNIQUE (c) INCLUDE (e),
    CONSTRAINT keys_excluded EXCLUDE (e WITH =) WITH (fillfactor = 70)
);
CREATE TABLE par.adopted (a integer NOT NULL, b text);
CREATE UNIQUE INDEX adopted_key ON par.adopted (a) INCLUDE (b) WITH (fillfactor = 60);
ALTER TABLE par.adopted ADD CONSTRAINT adopted_key PRIMARY KEY USING INDEX adopted_key;
COMMENT ON INDEX par.keys_primary IS 'the index';
COMMENT ON CONSTRAINT keys_primary ON par.keys IS 'the key';
