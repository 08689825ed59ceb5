-- What PostgreSQL 18 brought.
CREATE SCHEMA v18;
CREATE TABLE v18.virtual (a integer, b integer GENERATED ALWAYS AS (a + 1) VIRTUAL, c integer GENERATED ALWAYS AS (a * 2), d integer NOT NULL GENERATED ALWAYS AS (a - 1) STORED);
CREATE VIEW v18.over AS SELECT a, b, c FROM v18.virtual;
COMMENT ON COLUMN v18.virtual.b IS 'of a';
GRANT SELECT (b) ON v18.virtual TO oracle_reader;
CREATE TABLE v18.checked (a integer, b integer GENERATED ALWAYS AS (a + 1), CHECK (a > 0));
CREATE TABLE v18.parent (a integer, b integer GENERATED ALWAYS AS (a + 1));
CREATE TABLE v18.child (c integer) INHERITS (v18.parent);
CREATE TABLE v18.parted (a integer, b integer GENERATED ALWAYS AS (a + 1) VIRTUAL) PARTITION BY LIST (a);
CREATE TABLE v18.part PARTITION OF v18.parted FOR VALUES IN (1);

CREATE TABLE v18.target (id integer PRIMARY KEY, n integer, UNIQUE (n));
CREATE TABLE v18.lenient (a integer, b integer, c integer REFERENCES v18.target NOT ENFORCED,
    CONSTRAINT positive CHECK (a > 0) NOT ENFORCED, CONSTRAINT small CHECK (a < 9) ENFORCED,
    CONSTRAINT to_n FOREIGN KEY (b) REFERENCES v18.target (n) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED NOT ENFORCED);
COMMENT ON CONSTRAINT positive ON v18.lenient IS 'as documented';

CREATE TABLE v18.rooms (room int4range, during daterange, PRIMARY KEY (room, during WITHOUT OVERLAPS));
CREATE TABLE v18.bookings (id int4range, room int4range, during daterange, other daterange,
    CONSTRAINT one_at_a_time UNIQUE (id, during WITHOUT OVERLAPS),
    CONSTRAINT of_room FOREIGN KEY (room, PERIOD during) REFERENCES v18.rooms (room, PERIOD during));

CREATE TABLE v18.alone (a integer CONSTRAINT a_alone NOT NULL NO INHERIT, b integer NOT NULL NO INHERIT, c integer NOT NULL, d integer);
CREATE TABLE v18.single (a integer NOT NULL);
CREATE TABLE v18.heir (e integer) INHERITS (v18.alone);
CREATE TABLE v18.strict (a integer NOT NULL) INHERITS (v18.alone);
CREATE TABLE v18.unproven (a integer, b integer, c integer, d integer CONSTRAINT d_is_there NOT NULL);
ALTER TABLE v18.unproven ADD CONSTRAINT a_unproven NOT NULL a NOT VALID;
ALTER TABLE v18.unproven ADD NOT NULL b NOT VALID;
COMMENT ON CONSTRAINT a_unproven ON v18.unproven IS 'some day';
CREATE TABLE v18.unproven_parts (a integer, b integer, c integer) PARTITION BY LIST (a);
CREATE TABLE v18.unproven_part PARTITION OF v18.unproven_parts FOR VALUES IN (1);
ALTER TABLE v18.unproven_parts ADD CONSTRAINT b_unproven NOT NULL b NOT VALID;
CREATE TABLE v18.to_partition (a integer);
CREATE TABLE v18.referring (a integer) PARTITION BY LIST (a);
CREATE TABLE v18.referring_1 PARTITION OF v18.referring FOR VALUES IN (1);
ALTER TABLE v18.referring ADD CONSTRAINT unproven FOREIGN KEY (a) REFERENCES v18.target NOT VALID;

CREATE FUNCTION v18.changed() RETURNS SETOF integer LANGUAGE sql BEGIN ATOMIC
    UPDATE v18.target SET n = n + 1 RETURNING new.n - old.n;
END;
CREATE COLLATION v18.folded (provider = builtin, locale = 'PG_UNICODE_FAST');
