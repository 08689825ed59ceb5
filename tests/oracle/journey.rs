//! Every way in which a subject's schema can get somewhere.

use crate::dump::{Dump, Scope};
use crate::harness::programs::{psql, try_psql};
use crate::harness::{Database, Fixture, Session, server_version};

/// A schema, and a change of it.
pub struct Subject {
    pub schema: &'static str,
    pub change: &'static str,
    /// Only a superuser may make it.
    pub superuser: bool,
    /// The first major version of PostgreSQL that has what it is about.
    pub since: u32,
}

/// Roles that the scripts name. Who runs them is a member of all but `oracle_reader`: a member of a role with grant options
/// grants and revokes in the name of that role.
const ROLES: &str = r#"
    DO $$ BEGIN
        PERFORM pg_advisory_xact_lock(1);
        IF to_regrole('oracle_reader') IS NULL THEN
            CREATE ROLE oracle_reader;
            CREATE ROLE oracle_writer;
            CREATE ROLE oracle_keeper;
            CREATE ROLE "Oracle ""Odd"" Role";
        END IF;
    END $$;
"#;

impl Subject {
    /// What of the schema all branches share, and no branch is made with.
    fn shared(&self) -> String {
        let shared = [
            "CREATE ACCESS METHOD ",
            "CREATE EXTENSION ",
            "CREATE SERVER ",
        ];
        (self.schema.lines())
            .filter(|line| shared.iter().any(|word| line.starts_with(word)))
            .collect()
    }

    /// Goes every way, and fails with all that differs.
    pub async fn judge(&self) {
        if server_version().await < self.since * 10_000 {
            return;
        }
        let fixture = Fixture::new().await;
        let database = &fixture.database;
        let owner = if self.superuser {
            "postgres"
        } else {
            &database.owner
        };
        psql(
            &database.server.url("postgres", "postgres"),
            &format!(
                "{ROLES} GRANT oracle_keeper, oracle_writer, \"Oracle \"\"Odd\"\" Role\" TO {owner}"
            ),
        );
        let direct = database.sibling("direct").await;
        let apply = |database: &Database, script: &str| {
            let script = format!("SET check_function_bodies = off;\n{script}");
            psql(&database.server.url(owner, &database.name), &script)
        };
        let dump = |scope: Scope| async move { Dump::of(database, &scope).await };
        apply(&direct, self.schema);
        let before = Dump::of(&direct, &Scope::default()).await;
        apply(&direct, self.change);
        let after = Dump::of(&direct, &Scope::default()).await;
        assert_ne!(before.len(), 0);
        assert!(
            after.difference(&before).is_some(),
            "the change changes nothing"
        );

        let mut verdict = Verdict::default();
        let main = Session::connect(&fixture.proxy.url(owner, &database.name)).await;
        main.run("PGGIT BRANCH empty").await;
        psql(&fixture.proxy.url(owner, &database.name), self.schema);
        verdict.equal(
            "main",
            &dump(Scope::branch(database, "main").await).await,
            &before,
        );
        verdict.clean("main", &main).await;

        main.run("PGGIT BRANCH feature").await;
        for warning in main.notices() {
            // They are where they were; how they are written there is another matter.
            if !warning.starts_with("operators of extensions ") {
                verdict.note("branch", &warning);
            }
        }
        fixture.complete("feature").await;
        verdict.equal(
            "branch",
            &dump(Scope::branch(database, "feature").await).await,
            &before,
        );

        let seen = fixture
            .proxy
            .url("postgres", &format!("{}@feature", database.name));
        verdict.equal("seen", &Dump::at(&seen, &Scope::default()).await, &before);

        let created = database.sibling("created").await;
        apply(&created, &self.shared());
        let script = difference(&main, "empty", "main").await;
        if verdict.ran("created", &created, owner, &script) {
            verdict.equal(
                "created",
                &Dump::of(&created, &Scope::default()).await,
                &before,
            );
        }

        let feature = Session::connect(
            &fixture
                .proxy
                .url(owner, &format!("{}@feature", database.name)),
        )
        .await;
        psql(
            &fixture
                .proxy
                .url(owner, &format!("{}@feature", database.name)),
            self.change,
        );
        verdict.equal(
            "changed",
            &dump(Scope::branch(database, "feature").await).await,
            &after,
        );
        verdict.clean("changed", &feature).await;

        for (way, from, to, wanted) in [
            ("back", "feature", "main", &before),
            ("forth", "main", "feature", &after),
        ] {
            let script = difference(&main, from, to).await;
            if !verdict.ran(way, &direct, owner, &script) {
                break;
            }
            let found = Dump::of(&direct, &Scope::default()).await;
            if !verdict.equal(
                way,
                &found.without_column_order(),
                &wanted.without_column_order(),
            ) {
                verdict.note(way, &script);
            }
        }

        match main.try_run("PGGIT MERGE feature").await {
            Ok(_) => {
                let found = dump(Scope::branch(database, "main").await).await;
                verdict.equal("merged", &found, &after);
                verdict.clean("merged", &main).await;
            }
            Err(error) => verdict.note("merged", &crate::harness::session::explain(&error)),
        }
        assert!(verdict.0.is_empty(), "{}", verdict.0);
    }
}

/// The statements that lead from one ref to another, as psql would be given them.
async fn difference(session: &Session, from: &str, to: &str) -> String {
    session
        .column(&format!("PGGIT DIFF {from} {to} AS SQL"))
        .await
        .join("\n")
}

/// What went wrong.
#[derive(Default)]
struct Verdict(String);

impl Verdict {
    fn note(&mut self, way: &str, what: &str) {
        use std::fmt::Write;
        let _ = writeln!(self.0, "== {way}\n{what}");
    }

    fn equal(&mut self, way: &str, found: &Dump, expected: &Dump) -> bool {
        let difference = found.difference(expected);
        if let Some(difference) = &difference {
            self.note(way, difference);
        }
        difference.is_none()
    }

    async fn clean(&mut self, way: &str, session: &Session) {
        let drift = session.drift().await;
        if !drift.is_empty() {
            self.note(way, &format!("drift: {drift:#?}"));
        }
    }

    fn ran(&mut self, way: &str, database: &Database, role: &str, script: &str) -> bool {
        let script = format!("BEGIN;\nSET check_function_bodies = off;\n{script}\nCOMMIT;");
        let output = try_psql(&database.server.url(role, &database.name), &script);
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr);
            self.note(way, &format!("{error}\n{script}"));
        }
        output.status.success()
    }
}
