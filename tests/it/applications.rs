//! Migrations of real applications: run on a branch through the proxy, merged into `main`, and clean there.

use crate::harness::programs::{dump_schema, python, repository, succeed};
use crate::harness::{Database, Fixture};
use std::process::Command;

/// Where a tool is to connect to: through the proxy, or past it.
struct Target {
    port: u16,
    user: String,
    database: String,
}

impl Target {
    fn on(fixture: &Fixture, branch: &str) -> Self {
        Self {
            port: fixture.proxy.port(),
            user: fixture.database.owner.clone(),
            database: format!("{}@{branch}", fixture.database.name),
        }
    }

    fn past_the_proxy(database: &Database) -> Self {
        Self {
            port: database.server.port(),
            user: database.owner.clone(),
            database: database.name.clone(),
        }
    }
}

fn django(target: &Target, arguments: &[&str]) -> String {
    let directory = repository().join("tests/apps/django");
    let mut command = python();
    command
        .current_dir(directory)
        .arg("manage.py")
        .args(arguments)
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", target.port.to_string())
        .env("PGUSER", &target.user)
        .env("PGDATABASE", &target.database);
    succeed(&mut command)
}

fn alembic(target: &Target, arguments: &[&str]) -> String {
    let directory = repository().join("tests/apps/alembic");
    let mut command: Command = python();
    command
        .current_dir(directory)
        .args(["-m", "alembic"])
        .args(arguments)
        .env(
            "DATABASE_URL",
            format!(
                "postgresql+psycopg://{}@127.0.0.1:{}/{}",
                target.user,
                target.port,
                target.database.replace('@', "%40")
            ),
        );
    succeed(&mut command)
}

fn dump(database: &Database) -> String {
    let url = database.server.url(&database.owner, &database.name);
    dump_schema(&url, "public", None)
}

/// The schema of a database that the tool migrated without a proxy.
async fn migrated_directly(migrate: impl Fn(&Target)) -> String {
    let database = Database::create().await;
    migrate(&Target::past_the_proxy(&database));
    dump(&database)
}

#[track_caller]
fn assert_same(actual: &str, expected: &str) {
    if actual != expected {
        let difference = similar::TextDiff::from_lines(expected, actual);
        panic!("{}", difference.unified_diff().context_radius(2));
    }
}

#[tokio::test]
async fn django_migrates_on_a_branch_and_is_clean_on_main_after_the_merge() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("PGGIT BRANCH feature").await;
    let (branch, main) = (
        Target::on(&fixture, "feature"),
        Target::on(&fixture, "main"),
    );
    django(&branch, &["migrate"]);
    django(&branch, &["migrate", "--check"]);
    assert_eq!(
        session
            .value("SELECT to_regclass('public.auth_user')")
            .await,
        "∅"
    );
    fixture.connect_on("feature").await.assert_clean().await;

    assert_eq!(
        session.field("PGGIT MERGE feature", "outcome").await,
        "fast_forward"
    );
    session.assert_clean().await;
    let expected = migrated_directly(|target| drop(django(target, &["migrate"]))).await;
    assert_same(&dump(&fixture.database), &expected);

    django(&main, &["migrate", "--check"]);
    django(&main, &["makemigrations", "--check", "--dry-run"]);
    django(&main, &["migrate"]);
    let printed = django(&main, &["exercise"]);
    assert_eq!(printed.trim(), "Notes edited by editor");
    session.assert_clean().await;
}

#[tokio::test]
async fn django_renames_and_data_migrations_of_a_branch_keep_mains_rows() {
    let fixture = Fixture::new().await;
    let (branch, main) = (
        Target::on(&fixture, "feature"),
        Target::on(&fixture, "main"),
    );
    django(&main, &["migrate", "auth"]);
    django(&main, &["migrate", "library", "0001"]);
    let session = fixture.connect().await;
    session
        .run("INSERT INTO library_author (name) VALUES ('Ada Lovelace')")
        .await;
    session
        .run("INSERT INTO library_book (title, pages, obsolete, author_id) SELECT 'Notes', 66, false, id FROM library_author")
        .await;
    session.run("PGGIT BRANCH feature").await;

    // Rows on the branch, for the data migration to work on.
    let feature = fixture.connect_on("feature").await;
    feature
        .run("INSERT INTO library_author (name) VALUES ('Grace Hopper')")
        .await;
    django(&branch, &["migrate", "library"]);
    assert_eq!(
        feature
            .rows("SELECT full_name, slug FROM library_author")
            .await,
        [["Grace Hopper", "grace-hopper"]]
    );
    feature.assert_clean().await;

    // Meanwhile main's authors get what the data migration would give them, so that it may become NOT NULL.
    session
        .run("ALTER TABLE library_author ADD COLUMN slug varchar(50)")
        .await;
    session
        .run("UPDATE library_author SET slug = 'ada-lovelace'")
        .await;
    let answer = session
        .records("PGGIT MERGE feature STRATEGY source_wins ALLOW DATA LOSS")
        .await;
    assert_eq!(answer[0].get("outcome"), "merged", "{answer:#?}");
    assert_eq!(
        session
            .rows("SELECT full_name, slug, title FROM library_publication JOIN library_author a ON a.id = author_id")
            .await,
        [["Ada Lovelace", "ada-lovelace", "Notes"]]
    );
    django(&main, &["migrate", "library", "--check"]);
    session.assert_clean().await;
}

#[tokio::test]
async fn alembic_migrates_on_a_branch_and_is_clean_on_main_after_the_merge() {
    let fixture = Fixture::new().await;
    let (branch, main) = (
        Target::on(&fixture, "feature"),
        Target::on(&fixture, "main"),
    );
    alembic(&main, &["upgrade", "0001"]);
    let session = fixture.connect().await;
    session
        .run("INSERT INTO customer (name) VALUES ('ada'); INSERT INTO \"order\" (customer_id, amount) VALUES (1, 9.999)")
        .await;
    session.run("PGGIT BRANCH feature").await;
    alembic(&branch, &["upgrade", "head"]);
    alembic(&branch, &["check"]);
    fixture.connect_on("feature").await.assert_clean().await;

    // `state` has no default in the end, so that rows on main need it said what theirs is.
    session.run("DELETE FROM \"order\"").await;
    let answer = session.records("PGGIT MERGE feature ALLOW DATA LOSS").await;
    assert_eq!(answer[0].get("outcome"), "fast_forward", "{answer:#?}");
    session.assert_clean().await;
    assert_eq!(session.value("SELECT full_name FROM customer").await, "ada");

    assert!(alembic(&main, &["current"]).contains("0003 (head)"));
    alembic(&main, &["check"]);
    let expected = migrated_directly(|target| drop(alembic(target, &["upgrade", "head"]))).await;
    assert_same(&dump(&fixture.database), &expected);
}
