-- Inheritance: several parents, local and inherited columns and constraints.
CREATE SCHEMA inh;
CREATE TABLE inh.root (id integer NOT NULL, name text DEFAULT 'r', CONSTRAINT positive CHECK (id > 0), CONSTRAINT alone CHECK (id < 9) NO INHERIT);
CREATE TABLE inh.side (id integer, extra numeric(6,2), CONSTRAINT extra_positive CHECK (extra > 0));
CREATE TABLE inh.child (own integer) INHERITS (inh.root);
CREATE TABLE inh.of_both (name text DEFAULT 'both', own integer CHECK (own > 1)) INHERITS (inh.root, inh.side);
CREATE TABLE inh.grandchild (PRIMARY KEY (id)) INHERITS (inh.child);
CREATE TABLE inh.bare () INHERITS (inh.root) WITH (fillfactor = 50);
CREATE TABLE inh.attached (own text, name text, id integer NOT NULL, CONSTRAINT positive CHECK (id > 0));
ALTER TABLE inh.attached INHERIT inh.root;
CREATE TABLE inh.column_overridden (name text NOT NULL DEFAULT 'mine') INHERITS (inh.root);
ALTER TABLE inh.bare ALTER name SET DEFAULT 'bare', ALTER name SET NOT NULL, ALTER name SET STATISTICS 50, ALTER name SET STORAGE EXTERNAL;
CREATE INDEX root_name ON inh.root (name);
CREATE INDEX child_name ON inh.child (name);
CREATE VIEW inh.only_root AS SELECT id FROM ONLY inh.root;
-- A column that was inherited alone is the table's own once it leaves, and no ALTER takes that back.
CREATE TABLE inh.leaving (id integer NOT NULL, name text DEFAULT 'left', CONSTRAINT positive CHECK (id > 0));
ALTER TABLE inh.leaving INHERIT inh.root;
CREATE TABLE inh.joining (id integer NOT NULL, name text, CONSTRAINT positive CHECK (id > 0));
COMMENT ON COLUMN inh.child.name IS 'the child''s name';
