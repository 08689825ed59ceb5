//! `PGGIT BRANCH …` and `PGGIT CHECKOUT …`.

use super::{first_line, short};
use crate::command::{Answer, Invocation, Value};
use crate::error::ErrorReport;
use crate::repo::branches::{self, Created};
use crate::repo::{Database, Ref, expiry};

pub async fn list(with: Invocation<'_>) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let rows = branches::list(&database)
        .await?
        .into_iter()
        .map(|listed| {
            let branch = listed.branch;
            vec![
                Value::from(branch.name == with.branch),
                branch.name.into(),
                short(branch.head),
                Value::Timestamp(branch.updated_at_micros),
                listed.author.into(),
                first_line(&listed.message).into(),
                listed.state.into(),
                listed.tags.join(", ").into(),
                branch
                    .expires_at_micros
                    .map_or(Value::Null, Value::Timestamp),
            ]
        })
        .map(|mut row| {
            row.swap(0, 1);
            row
        })
        .collect();
    Ok(Answer::with_rows("PGGIT BRANCH", rows))
}

pub async fn create(
    with: Invocation<'_>,
    name: &str,
    from: Option<&Ref>,
    time_to_live: Option<&str>,
) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT BRANCH")?;
    let mut answer = Answer::tagged("PGGIT BRANCH");
    make(&database, &with, name, from, time_to_live, &mut answer).await?;
    Ok(answer)
}

pub async fn checkout_new(
    with: Invocation<'_>,
    name: &str,
    from: Option<&Ref>,
) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT CHECKOUT NEW")?;
    let mut answer = Answer::tagged("PGGIT CHECKOUT");
    make(&database, &with, name, from, None, &mut answer).await?;
    answer.checkout = Some(name.to_owned());
    Ok(answer)
}

async fn make(
    database: &Database,
    with: &Invocation<'_>,
    name: &str,
    from: Option<&Ref>,
    time_to_live: Option<&str>,
    answer: &mut Answer,
) -> Result<(), ErrorReport> {
    let from = with.or_current(from);
    let created: Created =
        branches::create(database, name, &from, time_to_live, with.identity).await?;
    answer.report_unsupported(
        &created.unsupported,
        format!(
            "some objects of \"{from}\" are not on branch \"{name}\": their kinds are not versioned"
        ),
    );
    let schemas: Vec<&str> = created
        .map
        .shared()
        .operator_schemas()
        .into_iter()
        .collect();
    if !schemas.is_empty() {
        answer.warn(
            format!("operators of extensions are not found on branch \"{name}\""),
            format!("They are in schema {}, which the branch has one of its own of.", schemas.join(", ")),
            Some("Move the extensions to a schema that versioning.excluded_schemas names: ALTER EXTENSION … SET SCHEMA …".to_owned()),
        );
    }
    Ok(())
}

pub async fn expire(
    with: Invocation<'_>,
    name: &str,
    time_to_live: Option<&str>,
) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT BRANCH EXPIRE")?;
    expiry::set(&database, name, time_to_live, with.identity).await?;
    Ok(Answer::tagged("PGGIT BRANCH"))
}

pub async fn rename(with: Invocation<'_>, from: &str, to: &str) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT BRANCH RENAME")?;
    branches::rename(&database, from, to, with.identity).await?;
    let mut answer = Answer::tagged("PGGIT BRANCH");
    if from == with.branch {
        answer.checkout = Some(to.to_owned());
    }
    Ok(answer)
}

pub async fn delete(with: Invocation<'_>, name: &str, force: bool) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT BRANCH DELETE")?;
    if name == with.branch {
        return Err(ErrorReport::new(
            crate::error::SqlState::OBJECT_IN_USE,
            format!("cannot delete branch \"{name}\": this session is on it"),
        )
        .with_hint("PGGIT CHECKOUT main moves the session away."));
    }
    branches::delete(&database, name, force, with.identity).await?;
    Ok(Answer::tagged("PGGIT BRANCH"))
}

pub async fn checkout(with: Invocation<'_>, name: &str) -> Result<Answer, ErrorReport> {
    with.versioned()?.branch(name).await?;
    let mut answer = Answer::tagged("PGGIT CHECKOUT");
    answer.checkout = Some(name.to_owned());
    Ok(answer)
}
