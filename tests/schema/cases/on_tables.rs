//! What hangs on tables: policies.

use super::{Case, case};

const POLICIES: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text, age integer); \
    CREATE TABLE friends (user_id integer, friend text); ALTER TABLE users ENABLE ROW LEVEL SECURITY; \
    CREATE FUNCTION grown(age integer) RETURNS boolean LANGUAGE sql AS 'SELECT age > 17'; \
    CREATE POLICY own ON users FOR UPDATE TO schema_reader USING (name = CURRENT_USER) WITH CHECK (age > 0); \
    CREATE POLICY grown ON users AS RESTRICTIVE USING (grown(age)); \
    CREATE POLICY friends ON users FOR SELECT USING (EXISTS (SELECT 1 FROM friends AS f WHERE f.user_id = users.id AND f.friend = CURRENT_USER)); \
    COMMENT ON POLICY friends ON users IS 'who knows whom'";

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
];
