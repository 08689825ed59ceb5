//! What the server has stored of roles' passwords, read by the administrative role.
//!
//! Read anew for each login and never kept. The query runs on a pinned connection: no client decides what its names mean.

use super::scram::Verifier;
use super::termination::{Stored, Verifiers};
use crate::error::{Report, SqlState};
use crate::upstream::{AdminPools, Executor};
use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::{debug, warn};
use zeroize::Zeroizing;

/// A role that may not log in is left to the server, which says so after it has seen the password.
const VERIFIER: &str = "
    SELECT rolpassword FROM pg_catalog.pg_authid
    WHERE rolname = $1::pg_catalog.name AND (rolvaliduntil IS NULL OR rolvaliduntil > pg_catalog.now())";

/// Roles are the same in every database; this one is nearly always there.
const MAINTENANCE_DATABASE: &str = "postgres";

/// The catalog of roles, as far as the administrative role may read it.
#[derive(Debug)]
pub struct RoleCatalog {
    pools: AdminPools,
    /// The log says once that it may not.
    complained: AtomicBool,
}

impl RoleCatalog {
    pub fn new(pools: AdminPools) -> Self {
        Self {
            pools,
            complained: AtomicBool::new(false),
        }
    }

    async fn stored(&self, role: &str, database: &str) -> Stored {
        // The session's own database first: a connection to it is likely at hand.
        for database in [database, MAINTENANCE_DATABASE] {
            let Ok(mut connection) = self.pools.get(database).await else {
                continue;
            };
            match connection.query(VERIFIER, &[Some(role)]).await {
                Ok(rows) => {
                    let text = rows
                        .into_iter()
                        .flatten()
                        .flatten()
                        .next()
                        .map(Zeroizing::new);
                    return text
                        .and_then(|text| Verifier::parse(&text))
                        .map_or(Stored::Nothing, Stored::Verifier);
                }
                Err(error) if error.sqlstate() == SqlState::INSUFFICIENT_PRIVILEGE => {
                    if !self.complained.swap(true, Ordering::Relaxed) {
                        warn!(
                            "the administrative role may not read pg_authid: SCRAM is relayed, without channel binding"
                        );
                    }
                    return Stored::Unreadable;
                }
                Err(error) => debug!(%error, database, "cannot read pg_authid"),
            }
        }
        Stored::Unreadable
    }
}

/// One role's.
#[derive(Debug)]
pub struct RoleVerifier {
    pub catalog: Arc<RoleCatalog>,
    pub role: String,
    pub database: String,
}

impl Verifiers for RoleVerifier {
    fn stored(&self) -> BoxFuture<'_, Stored> {
        Box::pin(self.catalog.stored(&self.role, &self.database))
    }
}
