//! What hangs on relations, schemas and types: policies, rules, statistics, default privileges, casts.

use super::{Case, case};

const POLICIES: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text, age integer); \
    CREATE TABLE friends (user_id integer, friend text); ALTER TABLE users ENABLE ROW LEVEL SECURITY; \
    CREATE FUNCTION grown(age integer) RETURNS boolean LANGUAGE sql AS 'SELECT age > 17'; \
    CREATE POLICY own ON users FOR UPDATE TO schema_reader USING (name = CURRENT_USER) WITH CHECK (age > 0); \
    CREATE POLICY grown ON users AS RESTRICTIVE USING (grown(age)); \
    CREATE POLICY friends ON users FOR SELECT USING (EXISTS (SELECT 1 FROM friends AS f WHERE f.user_id = users.id AND f.friend = CURRENT_USER)); \
    COMMENT ON POLICY friends ON users IS 'who knows whom'";

const RULES: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text, age integer); CREATE TABLE log (id integer, who text); \
    CREATE FUNCTION grown(age integer) RETURNS boolean LANGUAGE sql AS 'SELECT age > 17'; \
    CREATE VIEW adults AS SELECT id, name FROM users WHERE grown(age); \
    CREATE RULE keep AS ON DELETE TO users WHERE old.age > 17 DO INSTEAD NOTHING; \
    CREATE RULE log AS ON UPDATE TO users WHERE old.name <> new.name DO ALSO (INSERT INTO log (id, who) VALUES (new.id, new.name); \
      UPDATE log SET who = 'x' WHERE log.id = old.id; DELETE FROM log WHERE id IN (SELECT u.id FROM users AS u WHERE u.age = new.age)); \
    CREATE RULE insert AS ON INSERT TO adults DO INSTEAD INSERT INTO users (id, name, age) VALUES (new.id, new.name, 18) RETURNING id, name; \
    COMMENT ON RULE log ON users IS 'who was who'; ALTER TABLE users DISABLE RULE keep";
const STATISTICS: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text, age integer, town text); \
    CREATE FUNCTION grown(age integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT age > 17'; \
    CREATE STATISTICS towns (dependencies, mcv) ON name, town FROM users; ALTER STATISTICS towns SET STATISTICS 50; \
    COMMENT ON STATISTICS towns IS 'they correlate'; \
    CREATE STATISTICS app.ages ON (grown(age)), (age + id), town FROM users; ALTER STATISTICS app.ages OWNER TO schema_writer";

const SHADES: &str = "CREATE TYPE shade AS ENUM ('light', 'dark'); CREATE TYPE app.pair AS (a integer, b integer); CREATE TABLE t (a integer); \
    CREATE FUNCTION to_shade(integer) RETURNS shade LANGUAGE sql IMMUTABLE AS $$ SELECT 'dark'::public.shade $$";
const CASTS: &str = "CREATE TYPE shade AS ENUM ('light', 'dark'); CREATE TYPE app.pair AS (a integer, b integer); CREATE TABLE t (a integer); \
    CREATE FUNCTION to_shade(integer) RETURNS shade LANGUAGE sql IMMUTABLE AS $$ SELECT 'dark'::public.shade $$; \
    CREATE CAST (integer AS shade) WITH FUNCTION to_shade(integer) AS IMPLICIT; CREATE CAST (app.pair AS text) WITH INOUT AS ASSIGNMENT; \
    CREATE VIEW casting AS SELECT a::shade AS s FROM t; COMMENT ON CAST (integer AS shade) IS 'by number'";

pub const CASES: &[Case] = &[
    // policies
    case("create policies", "CREATE TABLE t (a integer)", "CREATE POLICY p ON t; CREATE POLICY q ON t FOR INSERT TO schema_reader, schema_writer WITH CHECK (a > 0); \
        COMMENT ON POLICY q ON t IS 'x'; CREATE POLICY r ON t FOR DELETE TO CURRENT_USER USING (true)"),
    case("alter policy", POLICIES, "ALTER POLICY own ON users TO PUBLIC, schema_writer USING (id > 1) WITH CHECK (id > 2); COMMENT ON POLICY friends ON users IS NULL")
        .without(&["DROP"]),
    case("policy for another command", POLICIES, "DROP POLICY own ON users; CREATE POLICY own ON users FOR DELETE USING (name = CURRENT_USER); \
        DROP POLICY grown ON users; CREATE POLICY grown ON users USING (grown(age))"),
    case("policy loses its check", POLICIES, "DROP POLICY own ON users; CREATE POLICY own ON users FOR UPDATE TO schema_reader USING (name = CURRENT_USER)"),
    case("rename policy, table and columns", POLICIES, "ALTER POLICY friends ON users RENAME TO \"My Friends\"; ALTER TABLE users RENAME TO people; \
        ALTER TABLE people RENAME id TO key; ALTER TABLE people RENAME name TO full_name; ALTER TABLE friends RENAME user_id TO whose; ALTER TABLE friends RENAME TO pals; \
        ALTER FUNCTION grown RENAME TO adult")
        .without(&["DROP", "CREATE", "USING"]),
    case("swap policies' names", POLICIES, "ALTER POLICY own ON users RENAME TO tmp; ALTER POLICY grown ON users RENAME TO own; ALTER POLICY tmp ON users RENAME TO grown"),
    case("types under policies", POLICIES, "DROP POLICY friends ON users; DROP POLICY own ON users; DROP POLICY grown ON users; \
        ALTER TABLE users ALTER id TYPE bigint, ALTER age TYPE bigint; \
        CREATE POLICY friends ON users FOR SELECT USING (EXISTS (SELECT 1 FROM friends AS f WHERE f.user_id = users.id AND f.friend = CURRENT_USER)); \
        CREATE POLICY own ON users FOR UPDATE TO schema_reader USING (name = CURRENT_USER) WITH CHECK (age > 0)"),
    case("drop what policies read", POLICIES, "DROP TABLE friends CASCADE; DROP FUNCTION grown CASCADE"),
    case("move a table with policies", POLICIES, "ALTER TABLE users SET SCHEMA app"),
    // rules
    case("create rules", "CREATE TABLE users (id integer PRIMARY KEY, name text, age integer)", "CREATE TABLE log (who text); \
        CREATE RULE one AS ON INSERT TO users DO NOTIFY users; CREATE RULE \"Two\" AS ON UPDATE TO users DO INSTEAD (INSERT INTO log VALUES (old.name); SELECT 1); \
        ALTER TABLE users ENABLE ALWAYS RULE one; ALTER TABLE users ENABLE REPLICA RULE \"Two\"; COMMENT ON RULE \"Two\" ON users IS 'x'"),
    case("replace rule", RULES, "CREATE OR REPLACE RULE keep AS ON DELETE TO users WHERE old.age > 65 DO INSTEAD NOTHING; \
        CREATE OR REPLACE RULE log AS ON INSERT TO users DO ALSO INSERT INTO log (who) VALUES (new.name)")
        .without(&["DROP"])
        .with(&["CREATE OR REPLACE RULE"]),
    case("state of rules", RULES, "ALTER TABLE users ENABLE RULE keep; ALTER TABLE users ENABLE ALWAYS RULE log; COMMENT ON RULE log ON users IS NULL").without(&["DROP", "CREATE"]),
    case("rename what rules speak of", RULES, "ALTER RULE log ON users RENAME TO \"Logs\"; ALTER TABLE users RENAME TO people; ALTER TABLE people RENAME id TO key; \
        ALTER TABLE people RENAME age TO years; ALTER TABLE log RENAME who TO whom; ALTER TABLE log RENAME id TO of; ALTER TABLE log RENAME TO logs; ALTER VIEW adults RENAME TO grown_ups")
        .without(&["DROP", "CREATE"]),
    case("types under rules", RULES, "DROP VIEW adults; DROP RULE log ON users; DROP RULE keep ON users; ALTER TABLE users ALTER age TYPE bigint; ALTER TABLE log ALTER id TYPE bigint; \
        CREATE RULE log AS ON UPDATE TO users WHERE old.name <> new.name DO ALSO (INSERT INTO log (id, who) VALUES (new.id, new.name); UPDATE log SET who = 'x' WHERE log.id = old.id); \
        CREATE RULE keep AS ON DELETE TO users WHERE old.age > 17 DO INSTEAD NOTHING"),
    case("rule of a view made anew", RULES, "DROP VIEW adults; CREATE VIEW adults AS SELECT name, id FROM users; \
        CREATE RULE insert AS ON INSERT TO adults DO INSTEAD INSERT INTO users (id, name, age) VALUES (new.id, new.name, 18)"),
    case("drop rules", RULES, "DROP RULE keep ON users; DROP RULE log ON users; DROP RULE insert ON adults"),
    // statistics
    case("create statistics", "CREATE TABLE t (a integer, b integer, c text)", "CREATE STATISTICS s ON a, b FROM t; CREATE STATISTICS app.s (ndistinct) ON b, c FROM t; \
        CREATE STATISTICS one ON (lower(c)) FROM t; ALTER STATISTICS app.s SET STATISTICS 0; COMMENT ON STATISTICS s IS 'x'; ALTER STATISTICS s OWNER TO schema_writer"),
    case("alter statistics", STATISTICS, "ALTER STATISTICS towns SET STATISTICS 100; ALTER STATISTICS app.ages SET STATISTICS 7; COMMENT ON STATISTICS towns IS NULL; ALTER STATISTICS towns OWNER TO schema_writer")
        .without(&["DROP", "CREATE"]),
    case("rename and move statistics", STATISTICS, "ALTER STATISTICS towns RENAME TO places; ALTER STATISTICS places SET SCHEMA app; ALTER TABLE users RENAME age TO years; \
        ALTER TABLE users RENAME town TO name_of_town; ALTER TABLE users RENAME TO people; ALTER FUNCTION grown RENAME TO adult")
        .without(&["DROP", "CREATE"]),
    case("other statistics of the name", STATISTICS, "DROP STATISTICS towns; CREATE STATISTICS towns (ndistinct) ON name, age FROM users"),
    case("columns under statistics", STATISTICS, "ALTER TABLE users DROP COLUMN town; ALTER TABLE users ALTER name TYPE varchar(20)").one_way(),
    case("function under statistics", STATISTICS, "DROP STATISTICS app.ages; DROP FUNCTION grown"),
    // default privileges
    case("take back what was granted on all columns", "CREATE TABLE t (a integer, b integer); GRANT UPDATE (a) ON t TO schema_reader WITH GRANT OPTION; \
        GRANT SELECT (b) ON t TO PUBLIC; CREATE VIEW v AS SELECT a FROM t; GRANT SELECT (a) ON v TO schema_reader", "GRANT ALL ON t TO schema_reader, PUBLIC; GRANT SELECT ON v TO schema_reader"),
    case("create default privileges", "CREATE TABLE t (a integer)", "ALTER DEFAULT PRIVILEGES FOR ROLE schema_writer IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO schema_reader; \
        ALTER DEFAULT PRIVILEGES FOR ROLE schema_writer IN SCHEMA app GRANT EXECUTE ON FUNCTIONS TO PUBLIC; ALTER DEFAULT PRIVILEGES FOR ROLE schema_writer IN SCHEMA app GRANT USAGE ON TYPES TO schema_reader WITH GRANT OPTION")
        .with(&["ALTER DEFAULT PRIVILEGES FOR ROLE schema_writer IN SCHEMA public GRANT INSERT, SELECT ON TABLES TO schema_reader"]),
    case("alter default privileges", "ALTER DEFAULT PRIVILEGES FOR ROLE schema_writer IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO schema_reader; \
        ALTER DEFAULT PRIVILEGES FOR ROLE schema_writer IN SCHEMA public GRANT SELECT ON SEQUENCES TO schema_reader", "\
        ALTER DEFAULT PRIVILEGES FOR ROLE schema_writer IN SCHEMA public REVOKE INSERT ON TABLES FROM schema_reader; \
        ALTER DEFAULT PRIVILEGES FOR ROLE schema_writer IN SCHEMA public GRANT SELECT ON TABLES TO schema_reader WITH GRANT OPTION; \
        ALTER DEFAULT PRIVILEGES FOR ROLE schema_writer IN SCHEMA public REVOKE ALL ON SEQUENCES FROM schema_reader"),
    case("default privileges in a renamed schema", "ALTER DEFAULT PRIVILEGES FOR ROLE schema_writer IN SCHEMA app GRANT SELECT ON TABLES TO schema_reader", "ALTER SCHEMA app RENAME TO \"App\"")
        .without(&["GRANT", "REVOKE"]),
    case("default privileges in a dropped schema", "ALTER DEFAULT PRIVILEGES FOR ROLE schema_writer IN SCHEMA app GRANT SELECT ON TABLES TO schema_reader", "DROP SCHEMA app"),
    // casts
    case("create casts", SHADES, "CREATE CAST (integer AS shade) WITH FUNCTION to_shade(integer) AS IMPLICIT; CREATE CAST (app.pair AS text) WITH INOUT AS ASSIGNMENT; \
        CREATE VIEW casting AS SELECT a::shade AS s FROM t; COMMENT ON CAST (integer AS shade) IS 'by number'"),
    case("other cast", CASTS, "DROP VIEW casting; DROP CAST (integer AS shade); DROP CAST (app.pair AS text); CREATE CAST (integer AS shade) WITH FUNCTION to_shade(integer)"),
    case("comment on a cast", CASTS, "COMMENT ON CAST (integer AS shade) IS NULL; COMMENT ON CAST (app.pair AS text) IS 'x'").without(&["DROP", "CREATE"]),
    case("rename what casts speak of", CASTS, "ALTER TYPE shade RENAME TO \"Shade\"; ALTER FUNCTION to_shade RENAME TO as_shade; ALTER TYPE app.pair SET SCHEMA public; ALTER TYPE \"Shade\" SET SCHEMA app")
        .without(&["DROP", "CREATE"]),
    case("drop types of casts", CASTS, "DROP TYPE app.pair CASCADE; DROP VIEW casting; DROP TYPE shade CASCADE"),
    case("function under a cast", CASTS, "DROP VIEW casting; DROP CAST (integer AS shade); DROP FUNCTION to_shade; \
        CREATE FUNCTION to_shade(n integer, explicit integer) RETURNS shade LANGUAGE sql AS $$ SELECT 'dark'::public.shade $$; \
        CREATE CAST (integer AS shade) WITH FUNCTION to_shade(integer, integer)"),
];
