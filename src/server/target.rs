//! Which database and which branch a startup packet asks for, and the packet that the server gets for it.

use crate::branch::{BranchMap, MAIN, SearchPath};
use crate::error::{ErrorReport, Report, SqlState};
use crate::repo::{Database, Repo};
use crate::upstream::DbError;
use crate::wire::startup::StartupPacket;
use std::sync::Arc;

/// Where a session goes.
#[derive(Debug)]
pub struct Target {
    /// The database's real name.
    pub database_name: String,
    /// What the server is sent.
    pub packet: StartupPacket,
    /// `None` where the database is not initialised: the client's packet goes on as it came.
    pub versioned: Option<Versioned>,
}

/// A session of an initialised database.
#[derive(Debug)]
pub struct Versioned {
    pub database: Arc<Database>,
    /// The branch's name, whether or not there is such a branch.
    pub branch: String,
    /// The branch, or what to say once the client is authenticated: nobody else learns names.
    pub map: Result<Arc<BranchMap>, ErrorReport>,
    pub logical_search_path: SearchPath,
}

/// Finds out what `packet` asks for.
///
/// The branch is the first of: `dbname@branch`, the setting `pggit.branch` in the packet or its `options`, the
/// role's or database's default for it, `main`.
///
/// # Errors
/// If nobody can tell whether the database is under version control. Its sessions cannot be let
/// through unseen: they might belong to a branch, and their DDL to a commit.
pub async fn resolve(repo: &Repo, packet: StartupPacket) -> Result<Target, ErrorReport> {
    let Ok(name) = std::str::from_utf8(packet.database()).map(str::to_owned) else {
        // The proxy cannot have initialised a database with such a name.
        return Ok(untracked(
            String::from_utf8_lossy(packet.database()).into_owned(),
            packet,
        ));
    };
    if let Some((before, branch)) = name.rsplit_once('@')
        && let Some(database) = lookup(repo, before).await?
    {
        return versioned(database, before.to_owned(), Some(branch.to_owned()), packet).await;
    }
    match lookup(repo, &name).await? {
        Some(database) => versioned(database, name, None, packet).await,
        None => Ok(untracked(name, packet)),
    }
}

fn untracked(database_name: String, packet: StartupPacket) -> Target {
    Target {
        database_name,
        packet,
        versioned: None,
    }
}

async fn lookup(repo: &Repo, name: &str) -> Result<Option<Arc<Database>>, ErrorReport> {
    match repo.database(name).await {
        Ok(found) => Ok(found),
        // The server will say so itself, once it knows the client.
        Err(error) if error.sqlstate() == SqlState::INVALID_CATALOG_NAME => Ok(None),
        Err(error) => Err(unavailable(name, &error)),
    }
}

async fn versioned(
    database: Arc<Database>,
    database_name: String,
    branch: Option<String>,
    mut packet: StartupPacket,
) -> Result<Target, ErrorReport> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let role = String::from_utf8_lossy(packet.user()).into_owned();
    let defaults = database
        .startup_settings(&role)
        .await
        .map_err(|error| unavailable(&database_name, &error))?;
    let branch = branch
        .or_else(|| packet.setting("pggit.branch").map(text))
        .or(defaults.branch)
        .unwrap_or_else(|| MAIN.to_owned());
    let asked = packet.setting("search_path").map(text);
    // A malformed list is the server's to refuse.
    let logical_search_path = match asked {
        Some(value) => SearchPath::parse(value),
        None => Some(defaults.search_path),
    };
    let map = database.branch(&branch).await;

    packet.set("database", database_name.as_bytes());
    if let Ok(map) = &map {
        packet.set("pggit.branch", branch.as_bytes());
        if let Some(logical) = logical_search_path.as_ref().filter(|_| !map.is_main()) {
            let physical = database.physical_search_path(map, logical, &role);
            packet.set("search_path", physical.as_bytes());
        }
    }
    Ok(Target {
        database_name,
        packet,
        versioned: Some(Versioned {
            database,
            branch,
            map,
            logical_search_path: logical_search_path.unwrap_or_default(),
        }),
    })
}

/// What is said where the server is too busy, starting up or shutting down (classes 53 and 57), or the `pggit` schema is of
/// another version (class 55); else only that something is wrong with the proxy's own access, whose details are for the log.
fn unavailable(database: &str, error: &DbError) -> ErrorReport {
    tracing::warn!(database, %error, "cannot tell whether the database is under version control");
    let sqlstate = error.sqlstate();
    let class = &sqlstate.0[..2];
    match error {
        DbError::Server { .. } if matches!(class, b"53" | b"55" | b"57") => error.report(),
        DbError::Connection(_) => ErrorReport::new(
            SqlState::CONNECTION_FAILURE,
            "pgGit cannot connect to the server",
        )
        .with_origin(error.origin()),
        _ => ErrorReport::new(
            SqlState::CANNOT_CONNECT_NOW,
            format!("pgGit cannot reach database \"{database}\" as its administrative role"),
        )
        .with_hint("The proxy's log says why.")
        .with_origin(error.origin()),
    }
}
