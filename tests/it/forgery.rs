//! No ordinary role can write, change or delete history, whatever it tries; afterwards all of `pggit` is as it was.

use crate::harness::{Database, Session};
use crate::store::{History, connect, record};
use futures::future::BoxFuture;
use pggit::store::{Record, Store};
use pggit::upstream::{DbError, Executor, Row};

/// All rows of all tables, all definitions and privileges.
async fn fingerprint(history: &History) -> Vec<Vec<String>> {
    let superuser = history.database.superuser().await;
    let mut all = superuser
        .rows(
            "SELECT c.relname, c.relkind, c.relowner::regrole, c.relacl, c.relhastriggers, c.relhasrules,
                    c.relrowsecurity,
                    (SELECT string_agg(format('%s %s', t.tgname, t.tgenabled), ',' ORDER BY t.tgname)
                     FROM pg_trigger AS t WHERE t.tgrelid = c.oid)
             FROM pg_class AS c WHERE c.relnamespace = 'pggit'::regnamespace ORDER BY c.relname",
        )
        .await;
    let functions = "SELECT p.oid::regprocedure, md5(p.prosrc), p.proowner::regrole, p.prosecdef, p.proconfig, p.proacl
                     FROM pg_proc AS p WHERE p.pronamespace = 'pggit'::regnamespace ORDER BY 1";
    all.extend(superuser.rows(functions).await);
    let tables = "SELECT relname FROM pg_class
                  WHERE relnamespace = 'pggit'::regnamespace AND relkind = 'r' ORDER BY 1";
    for table in superuser.column(tables).await {
        let rows = format!("SELECT t::text FROM pggit.{table} AS t ORDER BY 1");
        all.push(superuser.column(&rows).await);
    }
    all
}

/// The parameters of one call of `pggit.record`, signed by the proxy.
struct Signed {
    payload: String,
    signature: String,
}

impl Signed {
    async fn new(store: &Store, record: &Record) -> Self {
        let mut spy = Spy(Vec::new());
        store.record(&mut spy, record).await.unwrap();
        let [payload, signature] = spy.0.try_into().unwrap();
        Self { payload, signature }
    }

    fn call(&self) -> String {
        let payload = self.payload.replace('\'', "''");
        format!("SELECT pggit.record('{payload}', '{}')", self.signature)
    }
}

/// Looks at what the store would send, and does not send it.
struct Spy(Vec<String>);

impl Executor for Spy {
    fn query<'a>(
        &'a mut self,
        _sql: &'a str,
        params: &'a [Option<&'a str>],
    ) -> BoxFuture<'a, Result<Vec<Row>, DbError>> {
        self.0 = params.iter().flatten().map(ToString::to_string).collect();
        Box::pin(async { Ok(vec![vec![Some("recorded".to_owned())]]) })
    }

    fn batch<'a>(&'a mut self, _sql: &'a str) -> BoxFuture<'a, Result<(), DbError>> {
        Box::pin(async { Ok(()) })
    }
}

/// A record for the transaction that `session` has open.
async fn signed_for(history: &mut History, session: &Session, who: &str) -> (Record, Signed) {
    let mut made = record(&history.store, &mut history.admin, who, 1, &[], "signed").await;
    let transaction_id = "SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text";
    made.stamp.transaction_id = session.value(transaction_id).await;
    made.stamp.backend_pid = session.backend_pid().await;
    let signed = Signed::new(&history.store, &made).await;
    (made, signed)
}

/// All are refused for want of privilege, and for no other reason.
const STATEMENTS: &[&str] = &[
    // Rows.
    "INSERT INTO pggit.object VALUES ('\\x00', '{}')",
    "INSERT INTO pggit.commit SELECT * FROM pggit.commit",
    "INSERT INTO pggit.branch (name, created_by) VALUES ('mine', 'me')",
    "INSERT INTO pggit.reflog (branch_id, branch, who, action) VALUES (1, 'main', 'me', 'x')",
    "INSERT INTO pggit.lineage VALUES (1259, 1, 0, '\\x00')",
    "UPDATE pggit.branch SET head = NULL",
    "UPDATE pggit.commit SET message = 'mine'",
    "UPDATE pggit.lineage SET lineage = '\\x00'",
    "UPDATE pggit.merge SET state = 'aborted'",
    "DELETE FROM pggit.commit",
    "DELETE FROM pggit.branch",
    "DELETE FROM pggit.reflog",
    "DELETE FROM pggit.migration",
    "TRUNCATE pggit.commit",
    "TRUNCATE pggit.branch CASCADE",
    "WITH gone AS (DELETE FROM pggit.branch RETURNING 1) SELECT * FROM gone",
    "COPY pggit.commit FROM PROGRAM 'echo'",
    "DO $$ BEGIN DELETE FROM pggit.branch; END $$",
    "CREATE VIEW public.v AS SELECT * FROM pggit.branch; DELETE FROM public.v",
    "SELECT setval('pggit.branch_id_seq', 1)",
    "SELECT nextval('pggit.merge_id_seq')",
    // Definitions.
    "ALTER TABLE pggit.branch ADD COLUMN mine text",
    "ALTER TABLE pggit.commit DISABLE TRIGGER append_only",
    "ALTER TABLE pggit.branch OWNER TO CURRENT_USER",
    "ALTER TABLE pggit.branch ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE pggit.commit RENAME TO other",
    "ALTER TABLE pggit.commit SET SCHEMA public",
    "DROP TABLE pggit.commit CASCADE",
    "DROP VIEW pggit.log",
    "CREATE OR REPLACE VIEW pggit.log AS SELECT 1",
    "DROP TRIGGER append_only ON pggit.commit",
    "CREATE TRIGGER mine BEFORE INSERT ON pggit.commit EXECUTE FUNCTION pggit.refuse_rewrite()",
    "CREATE TRIGGER mine BEFORE INSERT ON pggit.branch EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE mine AS ON INSERT TO pggit.commit DO INSTEAD NOTHING",
    "CREATE POLICY mine ON pggit.branch USING (false)",
    "CREATE INDEX mine ON pggit.branch ((name || 'x'))",
    "CREATE STATISTICS mine ON name, head FROM pggit.branch",
    "CREATE TABLE public.child () INHERITS (pggit.branch)",
    "CREATE TABLE public.referrer (hash bytea REFERENCES pggit.commit)",
    "CREATE PUBLICATION mine FOR TABLE pggit.branch",
    "COMMENT ON TABLE pggit.commit IS 'mine'",
    "CREATE TABLE pggit.mine ()",
    "CREATE FUNCTION pggit.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION pggit.record(text, unknown) RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
    "CREATE OR REPLACE FUNCTION pggit.record(payload text, signature text) RETURNS text LANGUAGE sql AS 'SELECT $1'",
    "ALTER FUNCTION pggit.record(text, text) RESET search_path",
    "ALTER FUNCTION pggit.record(text, text) SECURITY INVOKER",
    "ALTER FUNCTION pggit.record(text, text) OWNER TO CURRENT_USER",
    "DROP FUNCTION pggit.record(text, text)",
    "DROP SCHEMA pggit CASCADE",
    "ALTER SCHEMA pggit RENAME TO other",
    "ALTER SCHEMA pggit OWNER TO CURRENT_USER",
    "CREATE CAST (text AS jsonb) WITH INOUT AS IMPLICIT",
    "CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION pggit.refuse_rewrite()",
    // Privileges and roles.
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "SET session_replication_role = replica",
    "ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ALL ON TABLES TO PUBLIC",
    "REASSIGN OWNED BY postgres TO CURRENT_USER",
    // Locks.
    "LOCK TABLE pggit.branch",
    "LOCK TABLE pggit.migration IN EXCLUSIVE MODE",
    "LOCK TABLE pggit.branch IN SHARE MODE",
    "LOCK TABLE pggit.branch IN ROW EXCLUSIVE MODE",
    "SELECT * FROM pggit.branch FOR UPDATE",
    "SELECT * FROM pggit.branch FOR KEY SHARE",
    // The key, and copies of rows.
    "SELECT * FROM pggit.secret",
    "SELECT count(*) FROM pggit.secret",
    "COPY pggit.secret TO STDOUT",
    "TABLE pggit.secret",
    "TABLE pggit.ledger_base",
    // The record function.
    "SELECT pggit.record('{}', '')",
    "SELECT pggit.record(NULL, NULL)",
    "SELECT pggit.record('{}', repeat('00', 32))",
    "SELECT pggit.record('not json', encode(sha256('not json'), 'hex'))",
    "SELECT pggit.refuse_rewrite()",
];

#[tokio::test]
async fn no_statement_of_an_ordinary_role_writes_history() {
    let mut history = History::new().await;
    let feature = pggit::store::NewBranch {
        name: "feature",
        head: history.first,
        schemas: &[],
        ledgers: &std::collections::BTreeMap::new(),
        who: "ada",
    };
    let admin = &mut history.admin;
    history.store.create_branch(admin, &feature).await.unwrap();
    let before = fingerprint(&history).await;
    // The owner of the database may do more than most, and a stranger less.
    let stranger = history.database.role("stranger").await;
    for role in [&history.database.owner, &stranger] {
        let session =
            Session::connect(&history.database.server.url(role, &history.database.name)).await;
        for statement in STATEMENTS {
            // In one transaction, so that nothing but the statement itself can be the reason.
            session.run("BEGIN").await;
            let state = session.sqlstate(statement).await;
            assert_eq!(state, "42501", "{role}: {statement}");
            session.run("ROLLBACK").await;
        }
        for (statement, state) in [
            ("INSERT INTO pggit.branches (name) VALUES ('mine')", "55000"),
            ("SELECT pggit.record('{}', 'not hexadecimal')", "22023"),
        ] {
            assert_eq!(session.sqlstate(statement).await, state, "{statement}");
        }
        // A grant by who has no grant option is a warning and no error.
        let _ = session
            .try_run("GRANT INSERT ON pggit.commit TO PUBLIC")
            .await;
        let _ = session
            .try_run("GRANT ALL ON ALL TABLES IN SCHEMA pggit TO CURRENT_USER")
            .await;
        let _ = session
            .try_run("REVOKE SELECT ON pggit.commit FROM PUBLIC")
            .await;
        let _ = session.try_run("DROP OWNED BY postgres").await;
        assert_eq!(fingerprint(&history).await, before, "{role}");
    }
}

#[tokio::test]
async fn not_even_the_owner_rewrites_history_by_accident() {
    let history = History::new().await;
    let before = fingerprint(&history).await;
    let superuser = history.database.superuser().await;
    for table in [
        "object",
        "tree_node",
        "commit",
        "commit_parent",
        "commit_change",
        "reflog",
    ] {
        for statement in [
            format!("UPDATE pggit.{table} SET ctid = ctid"),
            format!("DELETE FROM pggit.{table}"),
            format!("TRUNCATE pggit.{table}"),
        ] {
            assert!(superuser.try_run(&statement).await.is_err(), "{statement}");
        }
    }
    assert_eq!(
        superuser.sqlstate("DELETE FROM pggit.commit").await,
        "42501"
    );
    assert_eq!(fingerprint(&history).await, before);
}

#[tokio::test]
async fn default_privileges_give_nobody_anything() {
    let database = Database::create().await;
    let superuser = database.superuser().await;
    for kind in ["TABLES", "SEQUENCES", "FUNCTIONS", "SCHEMAS"] {
        for grantee in [&*database.owner, "PUBLIC"] {
            superuser
                .run(&format!(
                    "ALTER DEFAULT PRIVILEGES GRANT ALL ON {kind} TO {grantee}"
                ))
                .await;
        }
    }
    // Nor does a role that the database's owner makes its sessions start with.
    superuser
        .run(&format!(
            "ALTER DATABASE {} SET role = {}",
            database.name, database.owner
        ))
        .await;
    let mut admin = connect(&database, "postgres").await;
    Store::migrate(&mut admin).await.unwrap();
    let superuser = Session::connect(&database.server.url("postgres", &database.name)).await;
    superuser.run("SET ROLE NONE").await;
    let tables = format!(
        "SELECT count(*) FROM pg_class AS c,
                unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege
         WHERE c.relnamespace = 'pggit'::regnamespace AND c.relkind IN ('r', 'v')
           AND has_table_privilege('{}', c.oid, privilege)",
        database.owner
    );
    assert_eq!(superuser.value(&tables).await, "0");
    for (question, expected) in [
        ("has_table_privilege('{}', 'pggit.secret', 'SELECT')", "f"),
        ("has_table_privilege('{}', 'pggit.commit', 'SELECT')", "t"),
        ("has_schema_privilege('{}', 'pggit', 'CREATE')", "f"),
        ("has_schema_privilege('{}', 'pggit', 'USAGE')", "t"),
        (
            "has_sequence_privilege('{}', 'pggit.branch_id_seq', 'UPDATE')",
            "f",
        ),
        (
            "has_function_privilege('{}', 'pggit.refuse_rewrite()', 'EXECUTE')",
            "f",
        ),
        (
            "has_function_privilege('{}', 'pggit.record(text, text)', 'EXECUTE')",
            "t",
        ),
    ] {
        let question = format!("SELECT {}", question.replace("{}", &database.owner));
        assert_eq!(superuser.value(&question).await, expected, "{question}");
    }
}

#[tokio::test]
async fn a_signed_record_is_good_for_its_own_transaction_only() {
    let mut history = History::new().await;
    let owner = history.database.owner.clone();
    let session = history.database.direct().await;
    let before = fingerprint(&history).await;

    session.run("BEGIN").await;
    let (_, signed) = signed_for(&mut history, &session, &owner).await;
    session.run("ROLLBACK").await;
    // Another transaction of the same backend, and without one.
    session.run("BEGIN").await;
    assert_eq!(session.sqlstate(&signed.call()).await, "42501");
    session.run("ROLLBACK").await;
    assert_eq!(session.sqlstate(&signed.call()).await, "42501");

    // Another backend while the transaction is open.
    session.run("BEGIN").await;
    let (_, signed) = signed_for(&mut history, &session, &owner).await;
    let other = history.database.direct().await;
    assert_eq!(other.sqlstate(&signed.call()).await, "42501");

    // Anything in it changed.
    for (from, to) in [
        ("signed", "forged"),
        (owner.as_str(), "postgres"),
        ("{\"transaction_id\"", "{ \"transaction_id\""),
    ] {
        let forged = Signed {
            payload: signed.payload.replace(from, to),
            signature: signed.signature.clone(),
        };
        assert_ne!(forged.payload, signed.payload);
        session.run("SAVEPOINT s").await;
        assert_eq!(session.sqlstate(&forged.call()).await, "42501");
        session.run("ROLLBACK TO s").await;
    }
    session.run("ROLLBACK").await;

    // Made on behalf of another role.
    session.run("BEGIN").await;
    let (_, signed) = signed_for(&mut history, &session, "somebody").await;
    assert_eq!(session.sqlstate(&signed.call()).await, "42501");
    session.run("ROLLBACK").await;
    assert_eq!(fingerprint(&history).await, before);
}

#[tokio::test]
async fn a_signed_record_counts_once() {
    let mut history = History::new().await;
    let owner = history.database.owner.clone();
    let session = history.database.direct().await;
    session.run("BEGIN").await;
    let (made, signed) = signed_for(&mut history, &session, &owner).await;
    assert_eq!(session.value(&signed.call()).await, "recorded");
    let moved = format!("moved {}", made.head.hash());
    assert_eq!(session.value(&signed.call()).await, moved);
    session.run("COMMIT").await;
    let superuser = history.database.superuser().await;
    assert_eq!(
        superuser.value("SELECT count(*) FROM pggit.commit").await,
        "2"
    );
    assert_eq!(
        superuser.value("SELECT count(*) FROM pggit.reflog").await,
        "2"
    );
}

/// Things with the names that `pggit.record` uses, which say yes to everything and keep what they are given.
const IMPOSTORS: &str = "
    CREATE SCHEMA evil;
    CREATE TABLE evil.loot (what text);
    CREATE FUNCTION evil.yes(bytea, bytea) RETURNS boolean LANGUAGE sql AS 'SELECT true';
    CREATE OPERATOR evil.= (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = evil.yes);
    CREATE FUNCTION evil.loot(bytea, bytea) RETURNS bytea LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO evil.loot VALUES (encode($1, 'hex')); RETURN $1; END $$;
    CREATE OPERATOR evil.|| (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = evil.loot);
    CREATE FUNCTION evil.sha256(bytea) RETURNS bytea LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO evil.loot VALUES (encode($1, 'hex')); RETURN '\\x00'; END $$;
    CREATE FUNCTION evil.decode(text, text) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$;
    CREATE FUNCTION evil.convert_to(text, text) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$;
    CREATE FUNCTION evil.pg_backend_pid() RETURNS integer LANGUAGE sql AS 'SELECT 0';
    CREATE FUNCTION evil.pg_current_xact_id() RETURNS text LANGUAGE sql AS $$ SELECT '0' $$;
    CREATE TEMP TABLE secret (inner_pad bytea, outer_pad bytea);
    CREATE TEMP TABLE branch (LIKE pggit.branch);
    CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$;
    CREATE OPERATOR pg_temp.= (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = evil.yes);
    CREATE DOMAIN pg_temp.jsonb AS text;
    CREATE DOMAIN pg_temp.bytea AS text;
    CREATE DOMAIN pg_temp.text AS integer;
    CREATE DOMAIN pg_temp.boolean AS integer;
    SET search_path = pg_temp, evil, pg_catalog;
    SET plpgsql.extra_errors = 'all';
    SET standard_conforming_strings = off;
    SET DateStyle = 'German, DMY';
    SET IntervalStyle = 'sql_standard';
    SET TimeZone = 'Pacific/Kiritimati';
    SET client_encoding = 'LATIN1';
    SET bytea_output = 'escape';
";

#[tokio::test]
async fn impostors_in_the_search_path_change_nothing() {
    let mut history = History::new().await;
    let owner = history.database.owner.clone();
    let before = fingerprint(&history).await;
    let session = history.database.direct().await;
    session.run(IMPOSTORS).await;
    let made = record(&history.store, &mut history.admin, &owner, 1, &[], "m").await;
    let forged = Signed {
        signature: "00".repeat(32),
        ..Signed::new(&history.store, &made).await
    };
    assert_eq!(session.sqlstate(&forged.call()).await, "42501");
    assert_eq!(fingerprint(&history).await, before);
    // And they do not get in the way of a genuine one, nor does a role that the session has taken on.
    let superuser = history.database.superuser().await;
    superuser
        .run(&format!("CREATE ROLE {owner}_group ROLE {owner}"))
        .await;
    session.run("BEGIN").await;
    session.run(&format!("SET LOCAL ROLE {owner}_group")).await;
    let (made, signed) = signed_for(&mut history, &session, &owner).await;
    assert_eq!(session.value(&signed.call()).await, "recorded");
    session.run("COMMIT").await;
    let head = history
        .store
        .branch(&mut history.admin, "main")
        .await
        .unwrap();
    assert_eq!(head.unwrap().head, made.head.hash());
    let read = history
        .store
        .commit(&mut history.admin, made.head.hash())
        .await;
    assert_eq!(read.unwrap().message, "signed");
    assert_eq!(superuser.value("SELECT count(*) FROM evil.loot").await, "0");
}

#[tokio::test]
async fn printed_plans_do_not_tell_the_key() {
    let history = History::new().await;
    let superuser = history.database.superuser().await;
    let mut secrets = Vec::new();
    for secret in [
        "SELECT encode(inner_pad, 'hex') FROM pggit.secret",
        "SELECT encode(outer_pad, 'hex') FROM pggit.secret",
        "SELECT encode(sha256(inner_pad || '{}'), 'hex') FROM pggit.secret",
        "SELECT encode(sha256(outer_pad || sha256(inner_pad || '{}')), 'hex') FROM pggit.secret",
    ] {
        secrets.push(hex::decode(superuser.value(secret).await).unwrap());
    }
    let session = history.database.direct().await;
    for setting in [
        "debug_print_parse = on",
        "debug_print_rewritten = on",
        "debug_print_plan = on",
        "client_min_messages = debug5",
    ] {
        session.run(&format!("SET {setting}")).await;
    }
    let call = "SELECT pggit.record('{}', repeat('5a', 32))";
    let _ = session.try_run(call).await;
    let said = [session.notices(), session.notice_details()]
        .concat()
        .join("\n");
    // The plans were printed, with constants as bytes in decimal: what the caller gave is among them.
    assert!(said.contains("PLANNEDSTMT"));
    for secret in secrets {
        let bytes: Vec<_> = secret[..8]
            .iter()
            .map(|&byte| byte.cast_signed().to_string())
            .collect();
        assert!(!said.contains(&bytes.join(" ")));
        assert!(!said.contains(&hex::encode(&secret[..8])));
    }
}
