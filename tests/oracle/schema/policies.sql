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
