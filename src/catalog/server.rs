//! What is asked of a server once: its version, and what extensions own.

use super::CatalogError;
use super::definition::acl;
use super::row::{self, CreatorRow};
use crate::schema::Creator;
use crate::upstream::{DbError, Executor};
use std::collections::BTreeSet;

/// PostgreSQL 14, as `server_version_num`.
const OLDEST: u32 = 140_000;

const SERVER_VERSION: &str = "SELECT current_setting('server_version_num')";

const CREATOR: &str = include_str!("sql/creator.sql");

const EXTENSION_MEMBERS: &str = include_str!("sql/extension_members.sql");

const EXTENSIONS: &str = "SELECT extname::text FROM pg_extension";

/// `server_version_num`, as 150018.
///
/// # Errors
/// If the server is older than PostgreSQL 14, besides what the server says.
pub async fn server_version(exec: &mut dyn Executor) -> Result<u32, CatalogError> {
    let rows = exec.query(SERVER_VERSION, &[]).await?;
    let version = (rows.first().and_then(|row| row.first()?.as_deref()))
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| DbError::Unexpected("no server version".to_owned()))?;
    require_supported(version)?;
    Ok(version)
}

pub(super) fn require_supported(server_version: u32) -> Result<(), CatalogError> {
    if server_version < OLDEST {
        return Err(CatalogError::OldServer(server_version));
    }
    Ok(())
}

/// The names of the extensions that are installed.
pub async fn extensions(exec: &mut dyn Executor) -> Result<BTreeSet<String>, CatalogError> {
    let rows = exec.query(EXTENSIONS, &[]).await?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

/// What extensions own outside system schemas, as (schema, name). Branches share these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtensionMembers {
    /// Tables, views, sequences and the like, which have a name space of their own.
    pub relations: BTreeSet<(String, String)>,
    /// Types, functions, operators, collations …
    pub others: BTreeSet<(String, String)>,
}

impl ExtensionMembers {
    pub fn is_empty(&self) -> bool {
        self.relations.is_empty() && self.others.is_empty()
    }

    /// Those among which a name is looked for.
    pub fn of_class(&self, is_relation: bool) -> &BTreeSet<(String, String)> {
        if is_relation {
            &self.relations
        } else {
            &self.others
        }
    }

    /// The schemas that have any.
    pub fn schemas(&self) -> BTreeSet<&str> {
        (self.relations.iter().chain(&self.others))
            .map(|(schema, _)| schema.as_str())
            .collect()
    }
}

/// Reads what the installed extensions own.
pub async fn extension_members(exec: &mut dyn Executor) -> Result<ExtensionMembers, CatalogError> {
    let rows = exec.query(EXTENSION_MEMBERS, &[]).await?;
    let mut members = ExtensionMembers::default();
    for row in rows {
        let mut columns = row.into_iter().flatten();
        if let (Some(schema), Some(name), Some(is_relation)) =
            (columns.next(), columns.next(), columns.next())
        {
            let of_class = if is_relation == "true" {
                &mut members.relations
            } else {
                &mut members.others
            };
            of_class.insert((schema, name));
        }
    }
    Ok(members)
}

/// The current role, and what it grants on new objects in all schemas.
pub async fn creator(exec: &mut dyn Executor) -> Result<Creator, CatalogError> {
    let rows = exec.query(CREATOR, &[]).await?;
    let found: CreatorRow = row::parse(&rows)?
        .pop()
        .ok_or_else(|| DbError::Unexpected("no current role".to_owned()))?;
    let grants = found.grants.into_iter().flatten();
    Ok(Creator {
        role: found.role,
        grants: grants
            .map(|(on, privileges)| (on, acl(privileges.as_deref())))
            .collect(),
    })
}
