-- Constraints of every sort.
SELECT current_setting('server_version_num')::integer >= 150000 AS pg15 \gset
CREATE SCHEMA con;
CREATE TABLE con.parent (
    id integer PRIMARY KEY,
    code text CONSTRAINT "Code Key" UNIQUE,
    a integer, b integer,
    UNIQUE (a, b)
);
CREATE TABLE con.child (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plain integer REFERENCES con.parent,
    cascaded integer REFERENCES con.parent ON DELETE CASCADE ON UPDATE CASCADE,
    nulled integer REFERENCES con.parent ON DELETE SET NULL ON UPDATE SET NULL,
    defaulted integer DEFAULT 0 REFERENCES con.parent ON DELETE SET DEFAULT ON UPDATE SET DEFAULT,
    restricted integer REFERENCES con.parent ON DELETE RESTRICT ON UPDATE RESTRICT,
    code text REFERENCES con.parent (code) DEFERRABLE,
    later text CONSTRAINT later_fk REFERENCES con.parent (code) DEFERRABLE INITIALLY DEFERRED,
    a integer, b integer,
    CONSTRAINT full_match FOREIGN KEY (a, b) REFERENCES con.parent (a, b) MATCH FULL,
    CONSTRAINT crossed FOREIGN KEY (b, a) REFERENCES con.parent (a, b)
);
\if :pg15
ALTER TABLE con.child ADD CONSTRAINT partly_nulled FOREIGN KEY (a, b) REFERENCES con.parent (a, b) ON DELETE SET NULL (b);
ALTER TABLE con.child ADD CONSTRAINT partly_defaulted FOREIGN KEY (a, b) REFERENCES con.parent (a, b) ON DELETE SET DEFAULT (a);
CREATE TABLE con.distinct_nulls (a integer, b integer, CONSTRAINT together UNIQUE NULLS NOT DISTINCT (a, b), UNIQUE (b));
\endif
CREATE TABLE con.self (id integer PRIMARY KEY, boss integer REFERENCES con.self, deputy integer CONSTRAINT "Deputy of" REFERENCES con.self (id) ON DELETE CASCADE);
CREATE TABLE con.circle_a (id integer PRIMARY KEY, b integer);
CREATE TABLE con.circle_b (id integer PRIMARY KEY, a integer REFERENCES con.circle_a);
ALTER TABLE con.circle_a ADD CONSTRAINT circle_a_b FOREIGN KEY (b) REFERENCES con.circle_b;
CREATE FUNCTION con.even(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 % 2 = 0';
CREATE TABLE con.checked (
    a integer CHECK (a > 0),
    b integer CONSTRAINT "B's check" CHECK (b IS DISTINCT FROM 7) NO INHERIT,
    c text CHECK (c ~ '^[a-z]+$' AND c <> 'it''s'),
    d integer CHECK (con.even(d)),
    CONSTRAINT "both" CHECK (a < b OR (a IS NULL AND b IS NULL)),
    CONSTRAINT always CHECK (true)
);
ALTER TABLE con.checked ADD CONSTRAINT unproven CHECK (a < 1000) NOT VALID;
CREATE TABLE con.unproven_reference (id integer PRIMARY KEY, parent integer);
ALTER TABLE con.unproven_reference ADD CONSTRAINT unproven FOREIGN KEY (parent) REFERENCES con.parent NOT VALID;
CREATE TABLE con.excluded (
    during tsrange, what circle, n integer,
    CONSTRAINT no_overlap EXCLUDE USING gist (during WITH &&),
    EXCLUDE USING gist (what WITH &&, during WITH &&) WHERE (n > 0) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "By Expression" EXCLUDE USING btree ((n % 10) WITH =) WITH (fillfactor = 70)
);
CREATE TABLE con.keys (
    a integer, b integer, c integer, d integer, e text,
    CONSTRAINT keys_primary PRIMARY KEY (b, a) INCLUDE (e),
    CONSTRAINT keys_deferred UNIQUE (c) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT keys_deferrable UNIQUE (d) DEFERRABLE,
    CONSTRAINT keys_included UNIQUE (c, d) INCLUDE (e)
);
-- A constraint made from an index takes its shape.
CREATE TABLE con.adopted (a integer NOT NULL, b text);
CREATE UNIQUE INDEX adopted_key ON con.adopted (a) INCLUDE (b);
ALTER TABLE con.adopted ADD CONSTRAINT adopted_key PRIMARY KEY USING INDEX adopted_key;
CREATE TABLE con.to_primary (a integer NOT NULL CONSTRAINT to_primary_key UNIQUE, b integer);
CREATE TABLE con.points_to_unique (a integer REFERENCES con.to_primary (a));
CREATE TABLE con.new_target (id integer PRIMARY KEY, email text);
CREATE TABLE con.new_source (id integer PRIMARY KEY, email text);
COMMENT ON CONSTRAINT no_overlap ON con.excluded IS 'one at a time';
COMMENT ON CONSTRAINT "B's check" ON con.checked IS 'not 7';
COMMENT ON CONSTRAINT full_match ON con.child IS 'both or none';
