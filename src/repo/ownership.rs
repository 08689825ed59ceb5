//! Who may do what is the database owner's to do: a superuser, and every member of the role that owns the database.

use super::error::RepoError;
use crate::upstream::Executor;

const MAY_ACT: &str = "
    SELECT (r.rolsuper
            OR pg_has_role(r.oid, d.datdba, 'MEMBER')
            OR EXISTS (SELECT FROM pg_roles AS o
                        WHERE o.rolname = $2::text AND pg_has_role(r.oid, o.oid, 'MEMBER')))::text
      FROM pg_roles AS r, pg_database AS d
     WHERE r.rolname = $1::text AND d.datname = current_database()";

/// Whether a role owns the database that `executor` is connected to.
pub async fn owns_database(executor: &mut dyn Executor, role: &str) -> Result<bool, RepoError> {
    may_act(executor, role, None).await
}

/// Whether a role may dispose of something of the database's that is `owner`'s.
pub(super) async fn owns(
    executor: &mut dyn Executor,
    role: &str,
    owner: &str,
) -> Result<bool, RepoError> {
    may_act(executor, role, Some(owner)).await
}

async fn may_act(
    executor: &mut dyn Executor,
    role: &str,
    owner: Option<&str>,
) -> Result<bool, RepoError> {
    let rows = executor.query(MAY_ACT, &[Some(role), owner]).await?;
    let mut answers = rows.into_iter().flatten().flatten();
    Ok(answers.any(|may| may == "true"))
}
