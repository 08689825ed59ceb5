-- What PostgreSQL 15 brought.
CREATE SCHEMA v15;
CREATE TABLE v15.t (a integer, b text, CONSTRAINT one_null UNIQUE NULLS NOT DISTINCT (a), UNIQUE (b));
CREATE UNIQUE INDEX t_b ON v15.t (b, a) NULLS NOT DISTINCT;
CREATE TABLE v15.parents (a integer, b integer, PRIMARY KEY (a, b));
CREATE TABLE v15.children (a integer, b integer, c integer,
    CONSTRAINT pair FOREIGN KEY (a, b) REFERENCES v15.parents ON DELETE SET NULL (b),
    CONSTRAINT all_of_them FOREIGN KEY (c, b) REFERENCES v15.parents ON DELETE SET NULL);
CREATE VIEW v15.asks WITH (security_invoker = true, security_barrier = true) AS SELECT a FROM v15.t;
CREATE VIEW v15.owned AS SELECT a FROM v15.t;
CREATE UNLOGGED SEQUENCE v15.fleeting;
CREATE SEQUENCE v15.kept;
CREATE UNLOGGED TABLE v15.u (id serial, n integer GENERATED ALWAYS AS IDENTITY);
CREATE TABLE v15.coarse (n numeric(3, -2), small numeric(2, 5));
CREATE TABLE v15.parted (a integer, b text) PARTITION BY LIST (a);
CREATE TABLE v15.part PARTITION OF v15.parted FOR VALUES IN (1);
CREATE FUNCTION v15.fired() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
CREATE TRIGGER "On Row" AFTER INSERT ON v15.parted FOR EACH ROW EXECUTE FUNCTION v15.fired();
