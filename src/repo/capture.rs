//! DDL becomes a commit: what changed is found, introspected, hashed and recorded.

use super::advance::{Advance, Authored, advance};
use super::collisions::{Collision, collisions};
use super::database::Database;
use super::error::RepoError;
use super::identity::Identity;
use super::observe::{Observed, observe};
use super::pending::PendingDdl;
use crate::catalog;
use crate::error::ErrorReport;
use crate::upstream::Executor;

/// A commit that a capture made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    pub branch: String,
    /// Hexadecimal.
    pub commit: String,
    /// What other branches have changed, too.
    pub collisions: Vec<Collision>,
}

/// Records what `pending` changed, in the transaction that `session` has open: one commit for each
/// branch that changed, none if nothing did. Call it just before that transaction commits.
pub async fn capture(
    database: &Database,
    session: &mut dyn Executor,
    pending: &PendingDdl,
    identity: &Identity,
) -> Result<Vec<Captured>, ErrorReport> {
    // Blocks and procedures mostly change rows alone.
    if pending.statements.is_empty()
        && !catalog::wrote_catalogs(session)
            .await
            .map_err(RepoError::from)?
    {
        return Ok(Vec::new());
    }
    let sight = observe(database, session, pending).await?;
    let authored = Authored {
        identity,
        message: pending.message(),
        statements: pending.statements.clone(),
        action: "commit".to_owned(),
    };
    let mut captured = Vec::new();
    for observed in &sight.branches {
        let advance = advance(database, session, observed, &sight.stamp, &authored).await?;
        if let Some(advance) = advance {
            if !observed.new_schemas.is_empty() {
                database.learn_schemas(observed, &sight.stamp);
            }
            captured.push(Captured {
                branch: observed.map.branch().to_owned(),
                commit: advance.commit.to_string(),
                collisions: warned(database, observed, &advance).await,
            });
        }
    }
    Ok(captured)
}

/// Collisions are a courtesy: what keeps them from being found does not keep a commit from being made.
async fn warned(database: &Database, observed: &Observed, advance: &Advance) -> Vec<Collision> {
    match collisions(database, observed, advance).await {
        Ok(collisions) => collisions,
        Err(error) => {
            tracing::warn!(%error, "could not look for what other branches have changed");
            Vec::new()
        }
    }
}
