//! `pggit verify`: whatever is changed of what is stored is found.

use crate::harness::proxy::pggit;
use crate::harness::{Fixture, Session};
use crate::store::connect;
use pggit::repo;
use pggit::store::verify::{Part, Verdict};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::process::Output;

/// A database with history of every shape, copied so that it can be put back.
struct Stored {
    fixture: Fixture,
    admin: Session,
}

const TABLES: &[&str] = &[
    "object",
    "tree_node",
    "commit",
    "commit_parent",
    "commit_change",
    "branch",
    "reflog",
    "merge",
    "merge_object",
    "merge_conflict",
    "merge_decision",
    "tag",
    "protection",
    "merge_request",
    "approval",
];

impl Stored {
    async fn new() -> Self {
        let fixture = Fixture::new().await;
        let session = fixture.connect().await;
        // More than a leaf holds.
        for n in 0..12 {
            session
                .run(&format!(
                    "CREATE TABLE t_{n} (id bigserial PRIMARY KEY, \"naïve\" text); CREATE VIEW v_{n} AS SELECT id FROM t_{n}"
                ))
                .await;
        }
        session.run("PGGIT BRANCH feature").await;
        let feature = fixture.connect_on("feature").await;
        feature.run("ALTER TABLE t_1 ADD COLUMN b text").await;
        session
            .run("BEGIN; DROP VIEW v_2; ALTER TABLE t_2 ADD c int; COMMIT")
            .await;
        session.run("PGGIT MERGE feature").await;
        for name in ["a", "b"] {
            session.run(&format!("PGGIT BRANCH {name}")).await;
            let branch = fixture.connect_on(name).await;
            branch.run(&format!("CREATE TABLE of_{name} ()")).await;
        }
        session.run("PGGIT MERGE a, b").await;
        session.run("PGGIT TAG v1 MESSAGE 'first'").await;
        session.run("PGGIT TAG v2; PGGIT TAG DELETE v2").await;
        Self::decided(&fixture, &session).await;
        Self::approved(&fixture, &session).await;
        session.run("PGGIT BRANCH gone").await;
        fixture.complete("gone").await;
        session.run("PGGIT BRANCH RENAME gone TO lost").await;
        session.run("PGGIT BRANCH DELETE lost FORCE").await;
        let admin = fixture.superuser().await;
        admin.run("CREATE SCHEMA copy").await;
        for table in TABLES {
            admin
                .run(&format!("CREATE TABLE copy.{table} AS TABLE pggit.{table}"))
                .await;
        }
        Self { fixture, admin }
    }

    /// A merge whose conflict was decided.
    async fn decided(fixture: &Fixture, session: &Session) {
        let a = fixture.connect_on("a").await;
        a.run("ALTER TABLE t_3 RENAME \"naïve\" TO a").await;
        session
            .run("ALTER TABLE t_3 RENAME \"naïve\" TO b; DROP VIEW v_4")
            .await;
        session
            .run("PGGIT MERGE a; PGGIT RESOLVE 3 1 WITH SOURCE; PGGIT MERGE CONTINUE 3")
            .await;
    }

    /// A protected branch, and an approved request.
    async fn approved(fixture: &Fixture, session: &Session) {
        session.run("PGGIT BRANCH kept").await;
        session.run("PGGIT PROTECT kept APPROVALS 1").await;
        session.run("PGGIT MERGE REQUEST feature INTO kept").await;
        let other = fixture.database.role("other").await;
        let other = fixture.connect_as(&other).await;
        other.run("PGGIT APPROVE 1").await;
    }

    async fn verify(&self) -> Verdict {
        let mut client = connect(&self.fixture.database, &self.fixture.database.owner).await;
        repo::verify(&mut client, &mut |_| {}).await.unwrap()
    }

    /// Changes what is stored, past everything that is in the way. Whether the server accepted that.
    async fn tamper(&self, sql: &str) -> bool {
        let sql = format!("BEGIN; SET LOCAL session_replication_role = replica; {sql}; COMMIT");
        let accepted = self.admin.try_run(&sql).await.is_ok();
        if !accepted {
            self.admin.run("ROLLBACK").await;
        }
        accepted
    }

    async fn restore(&self, table: &str) {
        let sql = format!(
            "DELETE FROM pggit.{table};
             INSERT INTO pggit.{table} OVERRIDING SYSTEM VALUE TABLE copy.{table}"
        );
        assert!(self.tamper(&sql).await, "{table}");
    }

    /// Any value's text of a column, of a random row.
    async fn pick(
        &self,
        random: &mut StdRng,
        table: &str,
        column: &str,
    ) -> Option<(String, String)> {
        let rows = self
            .admin
            .rows(&format!(
                "SELECT ctid, {column} FROM pggit.{table} WHERE {column} IS NOT NULL ORDER BY ctid"
            ))
            .await;
        if rows.is_empty() {
            return None;
        }
        let row = &rows[random.random_range(0..rows.len())];
        Some((row[0].clone(), row[1].clone()))
    }
}

/// The value with one byte changed, inserted or removed; of the same type, as far as that can be told.
fn changed(random: &mut StdRng, data_type: &str, value: &str) -> String {
    match data_type {
        "bytea" => {
            let mut digits: Vec<u8> = value.trim_start_matches("\\x").bytes().collect();
            let at = random.random_range(0..digits.len());
            digits[at] = if digits[at] == b'0' { b'f' } else { b'0' };
            format!("'\\x{}'", String::from_utf8(digits).unwrap())
        }
        "bigint" | "integer" => {
            let number: i64 = value.parse().unwrap();
            (number + random.random_range(1..3)).to_string()
        }
        "timestamp with time zone" if random.random_bool(0.2) => "'infinity'".to_owned(),
        "timestamp with time zone" => format!("timestamptz '{value}' + interval '1 microsecond'"),
        "ARRAY" if value.contains("\\x") || value == "{}" => {
            let mut digits: Vec<char> = value.chars().collect();
            let places: Vec<usize> = (0..digits.len())
                .filter(|at| digits[*at].is_ascii_hexdigit())
                .collect();
            // An array without elements gets one.
            if places.is_empty() {
                return "ARRAY['\\x00'::bytea]".to_owned();
            }
            let at = places[random.random_range(0..places.len())];
            digits[at] = if digits[at] == '0' { 'f' } else { '0' };
            format!("'{}'::bytea[]", String::from_iter(digits))
        }
        "ARRAY" => {
            let array = format!("'{}'::text[]", value.replace('\'', "''"));
            match random.random_range(0..4) {
                0 => format!("{array} || ARRAY['']"),
                1 => format!("array_prepend('-- x', {array})"),
                2 => format!("ARRAY[{array}, {array}]"),
                _ => format!("{array} || ARRAY[NULL]"),
            }
        }
        _ => {
            let mut chars: Vec<char> = value.chars().collect();
            let at = random.random_range(0..=chars.len());
            match random.random_range(0..3) {
                0 if at < chars.len() => {
                    chars.remove(at);
                }
                1 if at < chars.len() => chars[at] = if chars[at] == '1' { '2' } else { '1' },
                _ => chars.insert(at, ' '),
            }
            let text: String = chars.into_iter().collect();
            format!("'{}'", text.replace('\'', "''"))
        }
    }
}

/// Columns that are covered by a hash, or follow from what is, with where a change of one shows.
const COVERED: &[(&str, &[&str], &[Part])] = &[
    ("object", &["hash", "definition"], &[Part::Object]),
    ("tree_node", &["hash", "content"], &[Part::Tree]),
    (
        "commit",
        &[
            "hash",
            "tree",
            "author",
            "application",
            "address",
            "committed_at",
            "message",
            "statements",
            "generation",
            "ordered_at",
        ],
        &[Part::Commit],
    ),
    (
        "commit_parent",
        &["commit", "ordinal", "parent"],
        &[Part::Parent, Part::Commit],
    ),
    (
        "commit_change",
        &["lineage", "commit", "object"],
        &[Part::Change],
    ),
    ("branch", &["id", "name", "head"], &[Part::Branch]),
    (
        "reflog",
        &["branch_id", "old", "new"],
        &[Part::Reflog, Part::Branch, Part::Tag],
    ),
    (
        "merge",
        &["source_head", "more_heads", "target_head", "commit"],
        &[Part::Merge],
    ),
    ("merge_object", &["kind"], &[Part::Merge]),
    (
        "merge_conflict",
        &["merge_id", "source_number"],
        &[Part::Merge],
    ),
    ("tag", &["name", "commit", "tagged_by"], &[Part::Tag]),
    ("protection", &["branch_id"], &[Part::Protection]),
    ("approval", &["request_id", "source_head"], &[Part::Request]),
];

#[tokio::test]
async fn any_change_of_what_is_stored_is_found() {
    let stored = Stored::new().await;
    let sound = stored.verify().await;
    assert!(sound.is_sound(), "{:?}", sound.findings);
    assert!(sound.extent.commits > 15 && sound.extent.objects > 30);
    let seed = std::env::var("PGGIT_TEST_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut random = StdRng::seed_from_u64(seed);
    for (table, columns, parts) in COVERED {
        for column in *columns {
            let data_type = stored
                .admin
                .value(&format!(
                    "SELECT data_type FROM information_schema.columns
                     WHERE table_schema = 'pggit' AND table_name = '{table}' AND column_name = '{column}'"
                ))
                .await;
            for _ in 0..4 {
                // What the server does not take (JSON that is none, a key that exists) is tried otherwise.
                let tampering = loop {
                    let (ctid, value) = stored.pick(&mut random, table, column).await.unwrap();
                    let changed = changed(&mut random, &data_type, &value);
                    let sql = format!(
                        "UPDATE pggit.{table} SET {column} = {changed} WHERE ctid = '{ctid}'"
                    );
                    if stored.tamper(&sql).await {
                        break sql;
                    }
                };
                let verdict = stored.verify().await;
                assert!(
                    parts.iter().any(|part| verdict.findings.contains_key(part)),
                    "seed {seed}: {tampering}: {:?}",
                    verdict.findings
                );
                stored.restore(table).await;
            }
        }
    }
    let sound = stored.verify().await;
    assert!(sound.is_sound(), "{:?}", sound.findings);
}

#[tokio::test]
async fn rows_that_are_gone_or_added_are_found() {
    let stored = Stored::new().await;
    let first = "(SELECT ctid FROM pggit.{} ORDER BY ctid DESC LIMIT 1)";
    let gone: &[(&str, &[Part])] = &[
        ("object", &[Part::Tree]),
        ("tree_node", &[Part::Tree]),
        ("commit", &[Part::Parent, Part::Branch]),
        ("commit_parent", &[Part::Commit]),
        ("commit_change", &[Part::Change]),
        ("branch", &[Part::Reflog]),
        ("reflog", &[Part::Reflog, Part::Branch, Part::Tag]),
    ];
    for (table, parts) in gone {
        let rows: usize = stored
            .admin
            .value(&format!("SELECT count(*) FROM pggit.{table}"))
            .await
            .parse()
            .unwrap();
        // Each of some: the last, the first, and those between.
        for at in (0..rows).step_by(rows.div_ceil(5)) {
            let row = first
                .replace("{}", table)
                .replace("LIMIT", &format!("OFFSET {at} LIMIT"));
            assert!(
                stored
                    .tamper(&format!("DELETE FROM pggit.{table} WHERE ctid = {row}"))
                    .await
            );
            let verdict = stored.verify().await;
            let found = parts.iter().any(|part| verdict.findings.contains_key(part));
            assert!(found, "{table} {at}: {:?}", verdict.findings);
            stored.restore(table).await;
        }
    }
    let added: &[(&str, &str, Part)] = &[
        (
            "commit_change",
            "INSERT INTO pggit.commit_change SELECT decode(repeat('ab', 16), 'hex'), hash FROM pggit.commit LIMIT 1",
            Part::Change,
        ),
        (
            "commit_change",
            "INSERT INTO pggit.commit_change SELECT decode(repeat('ab', 16), 'hex'), sha256('')",
            Part::Change,
        ),
        (
            "commit_parent",
            "INSERT INTO pggit.commit_parent SELECT sha256(''), 0, hash FROM pggit.commit LIMIT 1",
            Part::Parent,
        ),
        (
            "tree_node",
            "INSERT INTO pggit.tree_node VALUES (sha256('{\"leaf\": {}}'), '{\"leaf\": {}}')",
            Part::Tree,
        ),
        (
            "object",
            "INSERT INTO pggit.object VALUES (sha256('{}'), '{}')",
            Part::Object,
        ),
        (
            "branch",
            "INSERT INTO pggit.branch (name, head, created_by) SELECT 'forged', hash, 'ada' FROM pggit.commit LIMIT 1",
            Part::Branch,
        ),
    ];
    for (table, sql, part) in added {
        assert!(stored.tamper(sql).await, "{sql}");
        let verdict = stored.verify().await;
        assert!(
            verdict.findings.contains_key(part),
            "{sql}: {:?}",
            verdict.findings
        );
        stored.restore(table).await;
    }
    assert!(stored.verify().await.is_sound());
}

fn run(fixture: &Fixture) -> Output {
    pggit()
        .arg("verify")
        .arg("--upstream")
        .arg(fixture.database.server.url("postgres", "postgres"))
        .args(["--database", &fixture.database.name])
        .output()
        .expect("pggit runs")
}

#[tokio::test]
async fn the_command_names_the_row_and_ends_with_a_status() {
    let stored = Stored::new().await;
    let output = run(&stored.fixture);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("history is sound"), "{text}");
    let hash = stored
        .admin
        .value("SELECT encode(hash, 'hex') FROM pggit.commit ORDER BY ordered_at LIMIT 1 OFFSET 3")
        .await;
    assert!(
        stored
            .tamper(&format!(
                "UPDATE pggit.commit SET message = 'forged' WHERE hash = '\\x{hash}'"
            ))
            .await
    );
    let output = run(&stored.fixture);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains(&format!("commit: commit {hash}\n")), "{text}");
    assert!(text.contains("forged"), "{text}");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.contains("is damaged"), "{errors}");
}
