//! The tour of the README, through the clients that people use: one list of steps, run by each.

use crate::harness::programs::{feed, psql, python, repository};
use crate::harness::{Fixture, in_time};
use std::process::{Command, Output};
use tokio_postgres::types::{FromSql, Type};

/// A statement of the tour, and what its rows have to hold.
struct Step {
    sql: &'static str,
    shows: &'static [&'static str],
}

const fn step(sql: &'static str) -> Step {
    Step { sql, shows: &[] }
}

const fn shows(sql: &'static str, shows: &'static [&'static str]) -> Step {
    Step { sql, shows }
}

const TOUR: &[Step] = &[
    step("CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL)"),
    step("INSERT INTO users (name) VALUES ('ada')"),
    step("PGGIT BRANCH feature"),
    step("SET pggit.branch = 'feature'"),
    shows("SHOW pggit.branch", &["feature"]),
    shows("SELECT count(*) || ' rows' FROM users", &["0 rows"]),
    step("ALTER TABLE users RENAME COLUMN name TO full_name"),
    step("ALTER TABLE public.users ADD COLUMN email text UNIQUE"),
    step("INSERT INTO users (full_name, email) VALUES ('grace', 'grace@example.org')"),
    shows("SELECT full_name FROM public.users", &["grace"]),
    shows(
        "PGGIT DIFF main feature AS SQL",
        &[
            "ALTER TABLE public.users RENAME COLUMN name TO full_name",
            "ADD COLUMN email text",
            "UNIQUE (email)",
        ],
    ),
    step("PGGIT CHECKOUT main"),
    shows("SHOW pggit.branch", &["main"]),
    shows("SELECT name FROM users", &["ada"]),
    shows("PGGIT MERGE feature", &["fast_forward"]),
    shows("SELECT full_name FROM users", &["ada"]),
    shows(
        "PGGIT LOG",
        &[
            "ALTER TABLE public.users ADD COLUMN email",
            "ALTER TABLE users RENAME COLUMN name TO full_name",
            "CREATE TABLE users",
        ],
    ),
];

/// Checks what the client printed for each step, and what the server is left with.
async fn assert_toured(fixture: &Fixture, printed: &[String]) {
    assert_eq!(printed.len(), TOUR.len(), "{printed:#?}");
    for (step, text) in TOUR.iter().zip(printed) {
        for expected in step.shows {
            assert!(
                text.contains(expected),
                "{}\n  does not show {expected:?} in:\n{text}",
                step.sql
            );
        }
    }
    let server = fixture.direct().await;
    let columns = "SELECT attname FROM pg_attribute
                   WHERE attrelid = 'public.users'::regclass AND attnum > 0 AND NOT attisdropped
                   ORDER BY attnum";
    assert_eq!(server.column(columns).await, ["id", "full_name", "email"]);
    let rows = server
        .rows("SELECT id, full_name, email FROM public.users")
        .await;
    assert_eq!(rows, [["1", "ada", "∅"]]);
    let unique = "SELECT count(*) FROM pg_constraint
                  WHERE conrelid = 'public.users'::regclass AND contype = 'u'";
    assert_eq!(server.value(unique).await, "1");
}

#[tokio::test]
async fn tour_in_psql() {
    const SEPARATOR: &str = "--8<--";
    let fixture = Fixture::new().await;
    let script: String = TOUR
        .iter()
        .flat_map(|step| [step.sql, ";\n\\echo ", SEPARATOR, "\n"])
        .collect();
    let output = psql(&fixture.url(), &script);
    let mut printed: Vec<String> = output.split(SEPARATOR).map(str::to_owned).collect();
    printed.pop();
    assert_toured(&fixture, &printed).await;
}

#[tokio::test]
async fn tour_in_tokio_postgres_over_the_simple_protocol() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    let mut printed = Vec::new();
    for step in TOUR {
        printed.push(format!("{:?}", session.rows(step.sql).await));
    }
    assert_toured(&fixture, &printed).await;
}

#[tokio::test]
async fn tour_in_tokio_postgres_over_the_extended_protocol() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    let mut printed = Vec::new();
    for step in TOUR {
        let rows = in_time(step.sql, session.query(step.sql, &[]))
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", step.sql));
        let texts: Vec<Vec<Option<Shown>>> = rows
            .iter()
            .map(|row| (0..row.len()).map(|index| row.get(index)).collect())
            .collect();
        printed.push(format!("{texts:?}"));
    }
    assert_toured(&fixture, &printed).await;
}

#[tokio::test]
async fn tour_in_psycopg_over_the_simple_protocol() {
    tour_in_psycopg("simple").await;
}

#[tokio::test]
async fn tour_in_psycopg_over_the_extended_protocol() {
    tour_in_psycopg("extended").await;
}

async fn tour_in_psycopg(protocol: &str) {
    let fixture = Fixture::new().await;
    let mut command = python();
    command
        .arg(repository().join("tests/clients/python/tour.py"))
        .args([protocol, &fixture.url()]);
    assert_toured(&fixture, &printed_by(&feed(command, &steps_as_json()))).await;
}

#[tokio::test]
async fn tour_in_node_postgres_over_the_simple_protocol() {
    tour_in_node("simple").await;
}

#[tokio::test]
async fn tour_in_node_postgres_over_the_extended_protocol() {
    tour_in_node("extended").await;
}

async fn tour_in_node(protocol: &str) {
    let fixture = Fixture::new().await;
    let directory = repository().join("tests/clients/node");
    assert!(
        directory.join("node_modules").exists(),
        "node_modules is missing: run `make test-tools`"
    );
    let mut command = Command::new("node");
    command
        .current_dir(directory)
        .args(["tour.js", protocol, &fixture.url()]);
    assert_toured(&fixture, &printed_by(&feed(command, &steps_as_json()))).await;
}

fn steps_as_json() -> String {
    let statements: Vec<&str> = TOUR.iter().map(|step| step.sql).collect();
    serde_json::to_string(&statements).expect("strings are JSON")
}

/// The clients' scripts print one JSON array with the text of each step's rows.
fn printed_by(output: &Output) -> Vec<String> {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("an array of strings")
}

/// A value in the binary format, shown as text where the tour looks at it.
#[derive(Debug)]
struct Shown(#[expect(dead_code, reason = "it is shown through Debug")] String);

impl<'a> FromSql<'a> for Shown {
    fn from_sql(
        ty: &Type,
        raw: &'a [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::TEXT | Type::NAME | Type::VARCHAR => String::from_sql(ty, raw)?,
            Type::INT8 => i64::from_sql(ty, raw)?.to_string(),
            Type::BOOL => bool::from_sql(ty, raw)?.to_string(),
            // Microseconds since 2000, and a version byte before the text.
            Type::TIMESTAMPTZ => i64::from_be_bytes(raw.try_into()?).to_string(),
            Type::JSONB => String::from_utf8(raw.get(1..).unwrap_or_default().to_vec())?,
            _ => return Err(format!("unexpected type {ty}").into()),
        }))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
