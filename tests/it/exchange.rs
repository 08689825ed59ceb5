//! `pggit export` and `pggit import`: a branch as files, and back.

use crate::capture::DDL_OF_EVERY_KIND;
use crate::harness::programs::dump_schema;
use crate::harness::proxy::pggit;
use crate::harness::{Database, Fixture};
use crate::store::connect;
use pggit::config::{SslMode, Upstream};
use pggit::error::ErrorReport;
use pggit::repo::{self, Identity, Repo, Versioning, exchange};
use pggit::upstream::admin::AdminPools;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn command(name: &str, database: &Database, arguments: &[&str]) -> (bool, String) {
    let output = pggit()
        .arg(name)
        .arg("--upstream")
        .arg(database.server.url("postgres", "postgres"))
        .args(["--database", &database.name])
        .args(arguments)
        .output()
        .expect("pggit runs");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

fn export(fixture: &Fixture, branch: &str, directory: &Path) -> String {
    let directory = directory.to_str().expect("UTF-8");
    let (success, text) = command(
        "export",
        &fixture.database,
        &["--branch", branch, directory],
    );
    assert!(success, "{text}");
    text
}

fn import(fixture: &Fixture, branch: &str, directory: &Path) -> (bool, String) {
    let directory = directory.to_str().expect("UTF-8");
    command(
        "import",
        &fixture.database,
        &["--branch", branch, directory],
    )
}

/// All files below a directory, by their path.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(path).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(directory).expect("below").to_str();
                let bytes = fs::read(&path).expect("a file");
                files.insert(name.expect("UTF-8").to_owned(), bytes);
            }
        }
    }
    files
}

/// The hashes of the commits that a branch reaches, newest first.
async fn log(fixture: &Fixture, branch: &str) -> Vec<String> {
    let admin = fixture.superuser().await;
    let sql = format!("SELECT commit FROM pggit.log WHERE branch = '{branch}'");
    admin.column(&sql).await
}

async fn verified(fixture: &Fixture) {
    let mut client = connect(&fixture.database, "postgres").await;
    let verdict = repo::verify(&mut client, &mut |_| {}).await.unwrap();
    assert!(verdict.is_sound(), "{:?}", verdict.findings);
}

/// A database with merges and objects of all kinds, all of one owner's.
async fn with_history() -> Fixture {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    for sql in DDL_OF_EVERY_KIND {
        session.run(sql).await;
    }
    for sql in [
        "CREATE TABLE users (id bigserial PRIMARY KEY, \"naïve\" text DEFAULT 'it''s')",
        "CREATE TABLE \"Users\" (id int)",
        "CREATE TABLE \"a/../b\" (id int)",
        "CREATE VIEW \"..\" AS SELECT id FROM users",
        "CREATE TABLE nul (id int REFERENCES users)",
        "COMMENT ON TABLE users IS E'two\nlines'",
        "PGGIT BRANCH feature",
    ] {
        session.run(sql).await;
    }
    let feature = fixture.connect_on("feature").await;
    feature.run("ALTER TABLE users ADD COLUMN email text").await;
    session.run("ALTER TABLE nul ADD COLUMN note text").await;
    session.run("PGGIT MERGE feature").await;
    fixture
}

#[tokio::test]
async fn a_branch_comes_back_as_it_was() {
    let from = with_history().await;
    let to = Fixture::new().await;
    let directory = tempfile::tempdir().unwrap();
    export(&from, "main", directory.path());
    let (success, text) = import(&to, "copy", directory.path());
    assert!(success, "{text}");
    assert_eq!(log(&from, "main").await, log(&to, "copy").await);
    verified(&to).await;

    let session = to.connect_as("postgres").await;
    session.run("SET pggit.branch = 'copy'").await;
    session.assert_clean().await;
    for schema in from
        .superuser()
        .await
        .column("SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|pggit|information_schema$)' AND nspname !~ '@' ORDER BY 1")
        .await
    {
        let here = from.database.server.url("postgres", &from.database.name);
        let there = to.database.server.url("postgres", &to.database.name);
        assert_eq!(
            dump_schema(&here, &schema, None)
                .replace(&format!("{schema}."), "s.")
                // What `public` has before PostgreSQL 15, dumps write as a difference to what it has since.
                .replace("\nREVOKE USAGE ON SCHEMA public FROM PUBLIC;", ""),
            dump_schema(&there, &format!("{schema}@copy"), Some("s"))
                .replace("\"s\".", "s.")
                .replace("SCHEMA s", &format!("SCHEMA {schema}"))
                // What `public` has in every database, dumps do not say.
                .replace("\nGRANT USAGE ON SCHEMA public TO PUBLIC;", ""),
            "{schema}"
        );
    }

    // What the copy goes on to be comes back, and only that.
    session.run("ALTER TABLE users ADD COLUMN back text").await;
    let again = tempfile::tempdir().unwrap();
    export(&to, "copy", again.path());
    let (success, text) = import(&from, "back", again.path());
    assert!(success, "{text}");
    assert!(text.contains("1 commits stored"), "{text}");
    let session = from.connect_as("postgres").await;
    session.run("PGGIT MERGE back").await;
    assert_eq!(log(&from, "main").await, log(&to, "copy").await);
    session.assert_clean().await;
    verified(&from).await;
}

#[tokio::test]
async fn files_change_where_the_branch_has_changed() {
    let fixture = with_history().await;
    let session = fixture.connect().await;
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(one.path().join("README"), "mine").unwrap();
    export(&fixture, "main", one.path());
    export(&fixture, "main", two.path());
    let mut before = files(one.path());
    assert_eq!(before.remove("README").unwrap(), b"mine");
    assert_eq!(before, files(two.path()));
    assert!(export(&fixture, "main", two.path()).contains("0 files written, 0 removed"));
    for name in [
        "schema/public/schema.sql",
        "schema/public/table/users.sql",
        "schema/public/table/%55sers.sql",
        "schema/public/table/a%2f..%2fb.sql",
        "schema/public/view/%2e%2e.sql",
        "schema/public/table/%6eul.sql",
    ] {
        assert!(before.contains_key(name), "{name}: {:?}", before.keys());
    }
    let lower: BTreeSet<String> = before.keys().map(|name| name.to_lowercase()).collect();
    assert_eq!(lower.len(), before.len());
    let table = String::from_utf8_lossy(&before["schema/public/table/users.sql"]);
    assert!(table.starts_with("CREATE TABLE public.users ("), "{table}");

    session.run("ALTER TABLE users ADD COLUMN age int").await;
    session.run("DROP TABLE nul").await;
    export(&fixture, "main", one.path());
    let after = files(one.path());
    let (mut changed, mut added, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for (name, bytes) in &after {
        match before.get(name) {
            None => added.push(name.as_str()),
            Some(held) if held != bytes => changed.push(name.as_str()),
            Some(_) => {}
        }
    }
    gone.extend(before.keys().filter(|name| !after.contains_key(*name)));
    assert_eq!(
        changed,
        ["history/head.json", "schema/public/table/users.sql"]
    );
    assert_eq!(gone, ["schema/public/table/%6eul.sql"]);
    added.retain(|name| *name != "README");
    assert!(
        added.iter().all(|name| name.starts_with("history/")),
        "{added:?}"
    );
    assert_eq!(added.len(), 3, "two commits, one object: {added:?}");
}

/// Imports without a program in between, and lets nothing stay if it works.
struct Importer {
    database: std::sync::Arc<repo::Database>,
    identity: Identity,
}

impl Importer {
    async fn new(to: &Database) -> Self {
        let upstream = Upstream {
            host: "127.0.0.1".to_owned(),
            port: to.server.port(),
            user: "postgres".to_owned(),
            sslmode: SslMode::Disable,
            ..Upstream::default()
        };
        let pools = AdminPools::new(&upstream).unwrap();
        let repo = Repo::new(pools.clone(), pools, Versioning::default());
        let database = repo.database(&to.name).await.unwrap().unwrap();
        let identity = Identity {
            role: "postgres".to_owned(),
            ..Identity::default()
        };
        Self { database, identity }
    }

    async fn import(&self, directory: &Path) -> Result<(), ErrorReport> {
        exchange::import(&self.database, directory, Some("copy"), &self.identity).await?;
        Ok(())
    }
}

#[tokio::test]
async fn whatever_is_changed_or_missing_is_refused_and_nothing_stored() {
    let from = Fixture::new().await;
    let session = from.connect().await;
    for sql in [
        "CREATE TABLE users (id bigserial PRIMARY KEY, name text)",
        "CREATE VIEW names AS SELECT name FROM users",
        "ALTER TABLE users ADD COLUMN email text",
        "DROP VIEW names",
    ] {
        session.run(sql).await;
    }
    let to = Fixture::new().await;
    let directory = tempfile::tempdir().unwrap();
    export(&from, "main", directory.path());
    let importer = Importer::new(&to.database).await;
    let admin = to.superuser().await;
    let count = "SELECT (SELECT count(*) FROM pggit.commit) + (SELECT count(*) FROM pggit.branch)
                      + (SELECT count(*) FROM pggit.object)";
    let stored = admin.value(count).await;
    let seed = std::env::var("PGGIT_TEST_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut random = StdRng::seed_from_u64(seed);
    for (name, bytes) in files(directory.path()) {
        let path = directory.path().join(&name);
        for round in 0..6 {
            let mut wrong = bytes.clone();
            let at = random.random_range(0..wrong.len());
            match round {
                0 => fs::remove_file(&path).unwrap(),
                1 => wrong.truncate(at),
                2 => wrong.insert(at, b' '),
                _ => wrong[at] = wrong[at].wrapping_add(random.random_range(1..255)),
            }
            if round > 0 {
                fs::write(&path, &wrong).unwrap();
            }
            let error = importer.import(directory.path()).await;
            // The branch's name in the head is nobody's but the reader's.
            let harmless = name == "history/head.json"
                && serde_json::from_slice::<serde_json::Value>(&wrong).is_ok()
                && round > 0;
            assert!(
                error.is_err() || harmless,
                "seed {seed}: {name} {round} {at}"
            );
            if error.is_err() {
                assert_eq!(admin.value(count).await, stored, "{name} {round}");
            } else {
                let owner = to.connect_as("postgres").await;
                owner.run("PGGIT BRANCH DELETE copy FORCE").await;
                importer.database.refresh().await.unwrap();
                return;
            }
            fs::write(&path, &bytes).unwrap();
        }
    }
    importer.import(directory.path()).await.unwrap();
    importer.import(directory.path()).await.unwrap();
    verified(&to).await;
}

fn replace_by_link(path: &Path, target: &Path) {
    let aside: PathBuf = path.with_extension("aside");
    fs::rename(path, &aside).unwrap();
    std::os::unix::fs::symlink(target, path).unwrap();
}

#[tokio::test]
async fn nothing_outside_of_the_directory_is_read_or_written() {
    let from = Fixture::new().await;
    let session = from.connect().await;
    session.run("CREATE TABLE users (id int)").await;
    let to = Fixture::new().await;
    let importer = Importer::new(&to.database).await;
    for inside in [
        "history",
        "history/commits",
        "schema",
        "schema/public",
        "schema/public/table",
        "schema/public/table/users.sql",
        "history/head.json",
    ] {
        let directory = tempfile::tempdir().unwrap();
        export(&from, "main", directory.path());
        let outside = tempfile::tempdir().unwrap();
        let target = outside.path().join("target");
        let path = directory.path().join(inside);
        if path.is_dir() {
            fs::create_dir(&target).unwrap();
            fs::write(target.join("mine.sql"), "mine").unwrap();
        } else {
            fs::write(&target, "mine").unwrap();
        }
        let before = files(outside.path());
        replace_by_link(&path, &target);
        let error = importer.import(directory.path()).await.unwrap_err();
        assert!(
            error.message.contains("is a symbolic link"),
            "{inside}: {}",
            error.message
        );
        session.run("ALTER TABLE users ADD COLUMN c int").await;
        let text = directory.path().to_str().unwrap();
        let (success, text) = command("export", &from.database, &[text]);
        assert!(
            !success && text.contains("is a symbolic link"),
            "{inside}: {text}"
        );
        assert_eq!(files(outside.path()), before, "{inside}");
        session.run("ALTER TABLE users DROP COLUMN c").await;
    }
}

#[tokio::test]
async fn what_cannot_be_is_said() {
    let from = Fixture::new().await;
    let session = from.connect().await;
    let role = from.database.role("gone").await;
    session.run("CREATE TABLE users (id int)").await;
    session
        .run(&format!("GRANT SELECT ON users TO {role}"))
        .await;
    let to = Fixture::new().await;
    let directory = tempfile::tempdir().unwrap();

    fs::create_dir(directory.path().join("schema")).unwrap();
    let path = directory.path().to_str().unwrap();
    let (success, text) = command("export", &from.database, &[path]);
    assert!(!success && text.contains("no export's"), "{text}");
    fs::remove_dir(directory.path().join("schema")).unwrap();
    let (success, text) = command("export", &from.database, &["--branch", "none", path]);
    assert!(
        !success && text.contains("branch \"none\" does not exist"),
        "{text}"
    );
    let (success, text) = import(&to, "copy", directory.path());
    assert!(
        !success && text.contains("\"history/head.json\" is missing"),
        "{text}"
    );

    export(&from, "main", directory.path());
    let (success, text) = import(&to, "main", directory.path());
    assert!(
        !success && text.contains("already exists, at another commit"),
        "{text}"
    );
    let (success, text) = import(&to, "a@b", directory.path());
    assert!(!success && text.contains("invalid branch name"), "{text}");
    session
        .run(&format!("REVOKE SELECT ON users FROM {role}"))
        .await;
    from.superuser()
        .await
        .run(&format!("DROP ROLE {role}"))
        .await;
    let (success, text) = import(&to, "copy", directory.path());
    assert!(
        !success && text.contains(&format!("role \"{role}\" does not exist")),
        "{text}"
    );
    let unversioned = Database::create().await;
    let (success, text) = command("import", &unversioned, &[path]);
    assert!(
        !success && text.contains("not under version control"),
        "{text}"
    );
}
