//! The `pggit` schema: whether it is there, making it, and bringing it up to date.

use super::Store;
use super::error::StoreError;
use super::rows::FromRow;
use super::signature::RecordKey;
use crate::error::SqlState;
use crate::upstream::{DbError, Executor};

/// In order; the position, from 1, is the number kept in `pggit.migration`. A migration that has been
/// released is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_history.sql"),
    include_str!("migrations/0002_hydration.sql"),
    include_str!("migrations/0003_operations.sql"),
    include_str!("migrations/0004_merge_history.sql"),
    include_str!("migrations/0005_undrop.sql"),
    include_str!("migrations/0006_object_history.sql"),
    include_str!("migrations/0007_drift.sql"),
    include_str!("migrations/0008_tags.sql"),
    include_str!("migrations/0009_rebase.sql"),
    include_str!("migrations/0010_protection.sql"),
    include_str!("migrations/0011_expiry.sql"),
    include_str!("migrations/0012_merge_audit.sql"),
    include_str!("migrations/0013_several_sources.sql"),
    include_str!("migrations/0014_names.sql"),
    include_str!("migrations/0015_no_sequences.sql"),
    include_str!("migrations/0016_cast_names.sql"),
    include_str!("migrations/0017_always.sql"),
];

/// Functions and views as they are after the last migration, which replaces them: a change of one comes with a migration.
const DEFINITIONS: &[&str] = &[
    include_str!("definitions/genuine.sql"),
    include_str!("definitions/drift.sql"),
    include_str!("definitions/protection.sql"),
    include_str!("definitions/record.sql"),
    include_str!("definitions/undrop.sql"),
    include_str!("definitions/views.sql"),
    include_str!("definitions/history.sql"),
    include_str!("definitions/names.sql"),
];

const PRIVILEGES: &str = include_str!("sql/privileges.sql");
const IS_INITIALISED: &str = include_str!("sql/is_initialised.sql");
const SCHEMA_OWNER: &str = include_str!("sql/schema_owner.sql");
/// Of a database that has `main`'s first commit.
const VERSION_OF_HISTORY: &str =
    "SELECT (SELECT coalesce(max(number), 0)::text FROM pggit.migration)
FROM pggit.branch WHERE id = 1 AND head IS NOT NULL";

/// The owner is the role that logged in, whatever `role` a database's owner has set for its sessions. The lock makes two proxies
/// that migrate at once take turns. It is on a table of ours and not an advisory one, which any role could hold. A lock that
/// somebody keeps for long is not waited for: all others would wait behind us.
const BEGIN: &str = "BEGIN;
SET LOCAL ROLE NONE;
SET LOCAL lock_timeout = '10s';
CREATE SCHEMA IF NOT EXISTS pggit;
CREATE TABLE IF NOT EXISTS pggit.migration (
    number bigint PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
LOCK TABLE pggit.migration IN EXCLUSIVE MODE";

const VERSION: &str = "SELECT coalesce(max(number), 0)::text FROM pggit.migration";
const APPLIED: &str =
    "INSERT INTO pggit.migration (number) VALUES ($1::text::bigint) RETURNING number::text";
const STORE_KEY: &str = "INSERT INTO pggit.secret (inner_pad, outer_pad)
VALUES (decode($1::text, 'hex'), decode($2::text, 'hex'))
ON CONFLICT DO NOTHING RETURNING 'stored'";

/// Both proxies may find the schema missing and create it; the one that comes second tries again.
const ATTEMPTS: usize = 3;

impl Store {
    /// The version of the `pggit` schema that this program makes.
    #[expect(clippy::cast_possible_wrap, reason = "there are not that many")]
    pub const VERSION: i64 = MIGRATIONS.len() as i64;

    /// Whether this database has history: see [`Store::is_present`], and the first commit of `main` in it.
    pub async fn is_initialised(exec: &mut dyn Executor) -> Result<bool, StoreError> {
        Ok(Self::version(exec).await?.is_some())
    }

    /// The version of the schema that this database's history is kept in, if it has any. Where that is not
    /// [`Store::VERSION`], it has to be migrated before it is used.
    pub async fn version(exec: &mut dyn Executor) -> Result<Option<i64>, StoreError> {
        if !Self::is_present(exec).await? {
            return Ok(None);
        }
        let rows = exec.query(VERSION_OF_HISTORY, &[]).await?;
        let row = rows.into_iter().next();
        row.map(|row| FromRow::new(row).parse()).transpose()
    }

    /// Whether there is a `pggit` schema that the administrative role, or a superuser, made: whatever has become of
    /// what is in it.
    pub async fn is_present(exec: &mut dyn Executor) -> Result<bool, StoreError> {
        Ok(!exec.query(IS_INITIALISED, &[]).await?.is_empty())
    }

    /// Creates the `pggit` schema or brings it up to date; each migration is one transaction. Does nothing where
    /// nothing is to do. `exec` must be an administrative connection without an open transaction.
    ///
    /// # Errors
    /// [`StoreError::ForeignSchema`] if a schema of that name was made by somebody else, and
    /// [`StoreError::NewerSchema`] if a later version of the proxy has migrated it.
    pub async fn migrate(exec: &mut dyn Executor) -> Result<(), StoreError> {
        let mut attempt = 1;
        loop {
            match migrate_next(exec).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) => {
                    exec.batch("ROLLBACK").await?;
                    if !(is_creation_race(&error) && attempt < ATTEMPTS) {
                        return Err(error);
                    }
                    attempt += 1;
                }
            }
        }
    }
}

/// Applies one migration in a transaction of its own. Returns whether there was none to apply.
async fn migrate_next(exec: &mut dyn Executor) -> Result<bool, StoreError> {
    refuse_foreign_schema(exec).await?;
    exec.batch(BEGIN).await?;
    refuse_foreign_schema(exec).await?;
    let rows = exec.query(VERSION, &[]).await?;
    let found: i64 = FromRow::new(rows.into_iter().next().unwrap_or_default()).parse()?;
    let known = Store::VERSION;
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    let next = usize::try_from(found)
        .ok()
        .and_then(|at| MIGRATIONS.get(at));
    let Some(migration) = next else {
        exec.batch("COMMIT").await?;
        return Ok(true);
    };
    exec.batch(migration).await?;
    if found + 1 == known {
        for definition in DEFINITIONS {
            exec.batch(definition).await?;
        }
    }
    exec.query(APPLIED, &[Some(&(found + 1).to_string())])
        .await?;
    let [inner, outer] = RecordKey::random().pads().map(hex::encode);
    exec.query(STORE_KEY, &[Some(&inner), Some(&outer)]).await?;
    exec.batch(PRIVILEGES).await?;
    exec.batch("COMMIT").await?;
    Ok(false)
}

/// A role with the right to create schemas could plant one of this name before us, and own what we put there.
async fn refuse_foreign_schema(exec: &mut dyn Executor) -> Result<(), StoreError> {
    match exec.query(SCHEMA_OWNER, &[]).await?.into_iter().next() {
        Some(row) => Err(StoreError::ForeignSchema(FromRow::new(row).text()?)),
        None => Ok(()),
    }
}

fn is_creation_race(error: &StoreError) -> bool {
    const DUPLICATE_SCHEMA: SqlState = SqlState(*b"42P06");
    const DUPLICATE_TABLE: SqlState = SqlState(*b"42P07");
    matches!(error, StoreError::Db(DbError::Server { sqlstate, .. })
        if [SqlState::UNIQUE_VIOLATION, DUPLICATE_SCHEMA, DUPLICATE_TABLE].contains(sqlstate))
}
