-- Rules of every event, on tables and views.
CREATE SCHEMA rul;
CREATE TABLE rul.t (id integer PRIMARY KEY, a text, "Odd Column" integer);
CREATE TABLE rul.log (id integer, a text, at integer DEFAULT 7);
CREATE FUNCTION rul.positive(n integer) RETURNS boolean LANGUAGE sql AS 'SELECT n > 0';
CREATE VIEW rul.v AS SELECT id, a FROM rul.t;
CREATE RULE nothing AS ON DELETE TO rul.t DO INSTEAD NOTHING;
CREATE RULE tells AS ON INSERT TO rul.t WHERE rul.positive(new.id) DO ALSO INSERT INTO rul.log VALUES (new.id);
CREATE RULE several AS ON UPDATE TO rul.t WHERE old.a IS DISTINCT FROM new.a DO ALSO (
  INSERT INTO rul.log (id, a) VALUES (new.id, new.a || old."Odd Column");
  UPDATE rul.log AS l SET a = new.a, at = l.at + 1 FROM rul.t AS x WHERE l.id = x.id AND x.a = old.a;
  DELETE FROM rul.log WHERE log.id IN (SELECT t.id FROM rul.t WHERE t.a = new.a));
CREATE RULE v_insert AS ON INSERT TO rul.v DO INSTEAD INSERT INTO rul.t (id, a) VALUES (new.id, new.a) RETURNING t.id, t.a;
CREATE RULE v_update AS ON UPDATE TO rul.v DO INSTEAD UPDATE rul.t SET a = new.a WHERE t.id = old.id;
CREATE RULE v_delete AS ON DELETE TO rul.v DO INSTEAD DELETE FROM rul.t WHERE t.id = old.id;
CREATE RULE "Odd ""Rule""" AS ON INSERT TO rul.log DO ALSO SELECT new.id AS "Id";
CREATE RULE replica AS ON UPDATE TO rul.log DO INSTEAD NOTHING;
CREATE RULE always AS ON DELETE TO rul.log DO ALSO NOTIFY gone;
-- The same name on another table.
CREATE RULE nothing AS ON INSERT TO rul.log DO ALSO NOTHING;
ALTER TABLE rul.t DISABLE RULE nothing;
ALTER TABLE rul.log ENABLE REPLICA RULE replica;
ALTER TABLE rul.log ENABLE ALWAYS RULE always;
COMMENT ON RULE several ON rul.t IS 'much';
COMMENT ON RULE v_insert ON rul.v IS 'through the view';

CREATE SCHEMA rwr;
CREATE TABLE rwr.t (id integer PRIMARY KEY, a text, "Odd Column" integer);
CREATE TABLE rwr.log (id integer, what text);
CREATE VIEW rwr.v AS SELECT id, a FROM rwr.t;
CREATE RULE nothing AS ON DELETE TO rwr.t DO INSTEAD NOTHING;
CREATE RULE log_insert AS ON INSERT TO rwr.t DO ALSO INSERT INTO rwr.log VALUES (new.id, 'it''s inserted');
CREATE RULE conditional AS ON UPDATE TO rwr.t WHERE old.a <> new.a DO ALSO (INSERT INTO rwr.log VALUES (old.id, 'one'); UPDATE rwr.log SET what = new.a WHERE log.id = old.id);
CREATE RULE v_insert AS ON INSERT TO rwr.v DO INSTEAD INSERT INTO rwr.t (id, a) VALUES (new.id, new.a) RETURNING t.id, t.a;
CREATE RULE v_update AS ON UPDATE TO rwr.v DO INSTEAD UPDATE rwr.t SET a = new.a WHERE t.id = old.id;
CREATE RULE v_delete AS ON DELETE TO rwr.v DO INSTEAD DELETE FROM rwr.t WHERE t.id = old.id;
CREATE RULE "Odd ""Rule""" AS ON UPDATE TO rwr.t DO ALSO NOTIFY "Odd Channel";
CREATE RULE nothing AS ON DELETE TO rwr.log DO INSTEAD NOTHING;
ALTER TABLE rwr.t DISABLE RULE log_insert;
ALTER TABLE rwr.t ENABLE ALWAYS RULE conditional;
COMMENT ON RULE nothing ON rwr.t IS 'keep';
COMMENT ON RULE v_insert ON rwr.v IS 'in';
-- On partitions.
CREATE TABLE rul.parts (id integer, a text) PARTITION BY RANGE (id);
CREATE TABLE rul.part PARTITION OF rul.parts FOR VALUES FROM (0) TO (9);
CREATE RULE of_all AS ON DELETE TO rul.parts DO INSTEAD NOTHING;
CREATE RULE of_one AS ON DELETE TO rul.part DO INSTEAD NOTHING;
