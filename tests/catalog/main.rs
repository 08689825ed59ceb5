//! Reading the catalogs of a real PostgreSQL.

#[path = "../harness/mod.rs"]
mod harness;

mod definitions;
mod kinds;
mod plans;
mod touched;
mod unsupported;

use harness::Database;
use pggit::catalog::{Found, LineageBook, Raw, Selection, read, server_version};
use pggit::config::Upstream;
use pggit::upstream::Executor;
use pggit::upstream::admin::{AdminConnection, AdminPools};

/// The schema of `wide.sql` as `main` has it, or as branch `f` does.
fn wide(branch: bool, database: &Database) -> String {
    let names = if branch {
        [r#""public@f""#, r#""public@f""#, r#""App@f""#]
    } else {
        ["public", "PUBLIC", r#""App""#]
    };
    include_str!("wide.sql")
        .replace("{public}", names[0])
        .replace("{PUBLIC}", names[1])
        .replace("{app}", names[2])
        .replace("{owner}", &database.owner)
        .replace("{reader}", "pg_monitor")
}

/// `public` as PostgreSQL 15 and later make it.
const PUBLIC: &str =
    "ALTER SCHEMA public OWNER TO pg_database_owner; REVOKE CREATE ON SCHEMA public FROM PUBLIC;";

/// A database of its own, and an administrative connection to it.
async fn connect() -> (Database, AdminConnection) {
    let database = Database::create().await;
    let pools = AdminPools::new(&Upstream {
        port: database.server.port(),
        ..Upstream::default()
    })
    .expect("pools");
    let mut connection = pools.get(&database.name).await.expect("a connection");
    connection.batch(PUBLIC).await.expect("the schema public");
    (database, connection)
}

async fn read_schemas(connection: &mut AdminConnection, schemas: &[&str]) -> Raw {
    let schemas: Vec<String> = schemas.iter().map(|&schema| schema.to_owned()).collect();
    let version = server_version(connection).await.expect("a version");
    read(connection, version, Selection::Schemas(&schemas))
        .await
        .expect("catalogs")
}

/// On `main`, where names stay.
fn on_main(raw: &Raw) -> Vec<Found> {
    raw.objects(
        &|schema| Some(schema.to_owned()),
        &mut LineageBook::default(),
    )
    .expect("definitions")
}

/// On branch `f`.
fn on_branch(raw: &Raw) -> Vec<Found> {
    raw.objects(
        &|schema| Some(schema.strip_suffix("@f")?.to_owned()),
        &mut LineageBook::default(),
    )
    .expect("definitions")
}
