-- Row-level security: every command, restrictive ones, roles, other tables.
CREATE SCHEMA rls;
CREATE TABLE rls.t (id integer PRIMARY KEY, owner name, "Odd Column" integer, level integer);
CREATE TABLE rls.friends (of integer, who name);
CREATE FUNCTION rls.grown(level integer) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT level > 17';
ALTER TABLE rls.t ENABLE ROW LEVEL SECURITY;
ALTER TABLE rls.friends ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY plain ON rls.t;
CREATE POLICY reads ON rls.t FOR SELECT TO oracle_reader, "Oracle ""Odd"" Role" USING (owner = CURRENT_USER);
CREATE POLICY adds ON rls.t FOR INSERT WITH CHECK (owner = CURRENT_USER AND "Odd Column" > 0);
CREATE POLICY changes ON rls.t FOR UPDATE TO oracle_writer USING (rls.grown(level)) WITH CHECK (rls.grown(level + 1));
CREATE POLICY deletes ON rls.t AS RESTRICTIVE FOR DELETE TO PUBLIC USING (EXISTS (SELECT 1 FROM rls.friends AS f WHERE f.of = t.id AND f.who = CURRENT_USER));
CREATE POLICY "Odd ""Policy""" ON rls.t AS RESTRICTIVE USING (id IN (SELECT friends.of FROM rls.friends)) WITH CHECK (true);
CREATE POLICY owner ON rls.t USING (owner IS NOT NULL);
-- The same name on another table.
CREATE POLICY plain ON rls.friends USING (of > 0);
COMMENT ON POLICY reads ON rls.t IS 'one''s own';
COMMENT ON POLICY "Odd ""Policy""" ON rls.t IS 'odd';

CREATE SCHEMA pol;
CREATE TYPE pol.level AS ENUM ('low', 'high');
CREATE TABLE pol.members (who name, tenant integer, level pol.level);
CREATE TABLE pol.t (id integer, tenant integer, who name, level pol.level, "Odd Column" text);
CREATE FUNCTION pol.tenant() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT current_setting('app.tenant')::integer $$;
ALTER TABLE pol.t ENABLE ROW LEVEL SECURITY;
ALTER TABLE pol.members ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY plain ON pol.t USING (who = current_user);
CREATE POLICY for_select ON pol.t FOR SELECT TO oracle_reader USING (tenant > 0);
CREATE POLICY for_insert ON pol.t FOR INSERT TO oracle_reader, "Oracle ""Odd"" Role" WITH CHECK (tenant = pol.tenant());
CREATE POLICY for_update ON pol.t FOR UPDATE USING (tenant = pol.tenant()) WITH CHECK ("Odd Column" <> 'it''s');
CREATE POLICY for_delete ON pol.t AS RESTRICTIVE FOR DELETE TO PUBLIC USING (level <> 'high');
CREATE POLICY "Odd ""Policy""" ON pol.t FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY by_members ON pol.t USING (EXISTS (SELECT FROM pol.members m WHERE m.tenant = t.tenant AND m.who = current_user));
CREATE POLICY by_itself ON pol.members FOR SELECT USING (tenant IN (SELECT x.tenant FROM pol.members x WHERE x.who = current_user));
CREATE POLICY plain ON pol.members USING (level = 'low');
CREATE POLICY dropped ON pol.members USING (false);
CREATE POLICY checked ON pol.members FOR UPDATE USING (true) WITH CHECK (tenant > 0);
COMMENT ON POLICY plain ON pol.t IS 'my own';
COMMENT ON POLICY "Odd ""Policy""" ON pol.t IS 'odd';
-- On partitions and children.
CREATE TABLE rls.parts (id integer, owner name) PARTITION BY RANGE (id);
CREATE TABLE rls.part PARTITION OF rls.parts FOR VALUES FROM (0) TO (9);
ALTER TABLE rls.part ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_all ON rls.parts USING (owner = CURRENT_USER);
CREATE POLICY of_one ON rls.part USING (id > 1);
