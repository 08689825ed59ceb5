//! Drift: what the live catalogs have and the head commit has not.

use super::advance::{Authored, advance_as};
use super::database::{Database, Head};
use super::error::RepoError;
use super::identity::Identity;
use super::observe::Observed;
use super::survey::{Survey, survey};
use crate::branch::BranchMap;
use crate::catalog::{CatalogId, Found, Unsupported};
use crate::error::ErrorReport;
use crate::schema::Change;
use crate::schema::model::Lineage;
use crate::store::{Commit, CommitHash, DriftNote, Progress};
use crate::upstream::Executor;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How a branch stands.
#[derive(Clone, Debug)]
pub struct Status {
    pub commit: CommitHash,
    pub latest: Commit,
    /// How many objects the head commit holds; `None` while they are being made.
    pub objects: Option<usize>,
    /// How far a branch has come whose objects are being made. What is live is not compared then.
    pub hydration: Option<Progress>,
    /// What leads from the head commit to the live catalogs.
    pub drift: Vec<Change>,
    /// Who is known to have made each change last, in the same order.
    pub noted: Vec<Option<DriftNote>>,
    /// Objects of kinds that are not versioned.
    pub unsupported: Vec<Unsupported>,
}

/// Compares a branch's head with what is live, as `session` sees it: in a transaction, with what that
/// has done so far.
pub async fn status(
    database: &Database,
    session: &mut dyn Executor,
    map: &Arc<BranchMap>,
) -> Result<Status, ErrorReport> {
    Ok(inspect(database, session, map).await?)
}

/// Main has what no branch has: schemas of one that another process has made are not main's.
async fn learn_branches(database: &Database, map: &BranchMap) -> Result<(), RepoError> {
    if map.is_main() {
        database.refresh_branches(&mut database.reader()).await?;
    }
    Ok(())
}

async fn inspect(
    database: &Database,
    session: &mut dyn Executor,
    map: &Arc<BranchMap>,
) -> Result<Status, RepoError> {
    let mut reader = database.reader();
    learn_branches(database, map).await?;
    let head = database.current_head(map.branch()).await?;
    let latest = database.store().commit(&mut reader, head.commit).await?;
    let hydration = database.hydration(map.id());
    if let Some(hydration) = hydration.filter(|hydration| !hydration.is_finished()) {
        return Ok(Status {
            commit: head.commit,
            latest,
            objects: None,
            hydration: Some(hydration.progress()),
            drift: Vec::new(),
            noted: Vec::new(),
            unsupported: Vec::new(),
        });
    }
    let survey = survey(database, session, map, head).await?;
    Ok(Status {
        commit: head.commit,
        latest,
        objects: Some(survey.recorded.len()),
        hydration: None,
        noted: noted(&database.store().drift_notes(&mut reader).await?, &survey),
        drift: survey.drift,
        unsupported: survey.unsupported,
    })
}

/// Drift that became a commit.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub commit: CommitHash,
    pub changes: Vec<Change>,
    pub message: String,
}

/// The last note of each change.
fn noted(notes: &[DriftNote], survey: &Survey) -> Vec<Option<DriftNote>> {
    let found = &survey.observed.found;
    let addresses: HashMap<Lineage, CatalogId> = found
        .iter()
        .map(|found| (found.lineage, found.id))
        .collect();
    let changes = survey.drift.iter();
    let last = |change: &Change| {
        let address = addresses.get(&change.lineage);
        let is_about = |note: &&DriftNote| {
            note.lineage == Some(change.lineage) || Some(&note.object) == address
        };
        notes.iter().rev().find(is_about).cloned()
    };
    changes.map(last).collect()
}

/// Records a branch's drift: what somebody is known to have changed as a commit of theirs, the rest as one of
/// `identity`'s. None if there is none. `session` must be in no transaction.
pub async fn commit(
    database: &Database,
    session: &mut dyn Executor,
    map: &Arc<BranchMap>,
    message: Option<String>,
    identity: &Identity,
) -> Result<Vec<Recorded>, ErrorReport> {
    database.complete(map.id()).await?;
    session.batch("BEGIN").await.map_err(RepoError::from)?;
    match record(database, session, map, message, identity).await {
        Ok(recorded) => {
            session.batch("COMMIT").await.map_err(RepoError::from)?;
            database.refresh().await?;
            Ok(recorded)
        }
        Err(error) => {
            session.batch("ROLLBACK").await.map_err(RepoError::from)?;
            Err(error.into())
        }
    }
}

async fn record(
    database: &Database,
    session: &mut dyn Executor,
    map: &Arc<BranchMap>,
    message: Option<String>,
    identity: &Identity,
) -> Result<Vec<Recorded>, RepoError> {
    learn_branches(database, map).await?;
    let head: Head = database.current_head(map.branch()).await?;
    let survey = survey(database, session, map, head).await?;
    let notes = database.store().drift_notes(&mut database.reader()).await?;
    let stamp = database.store().stamp(session).await?;
    let mut recorded = Vec::new();
    for part in parts(survey, &notes, identity) {
        let message = message.clone().unwrap_or_else(|| summary(&part.changes));
        let authored = Authored {
            identity: &part.author,
            message: message.clone(),
            statements: Vec::new(),
            action: "record drift".to_owned(),
        };
        let advance = advance_as(
            database,
            session,
            &part.observed,
            &stamp,
            &authored,
            &identity.role,
        )
        .await?;
        recorded.extend(advance.map(|advance| Recorded {
            commit: advance.commit,
            changes: part.changes,
            message,
        }));
    }
    Ok(recorded)
}

/// What one author has changed.
struct Part {
    author: Identity,
    observed: Observed,
    changes: Vec<Change>,
}

/// Drift by who made it, in the order of what each did last; what nobody is known to have made comes at the end, as
/// `identity`'s.
fn parts(survey: Survey, notes: &[DriftNote], identity: &Identity) -> Vec<Part> {
    let mut authors: Vec<(i64, Identity)> = Vec::new();
    let mut author_of: HashMap<Lineage, Identity> = HashMap::new();
    for (change, note) in survey.drift.iter().zip(noted(notes, &survey)) {
        let Some(note) = note else { continue };
        let author = Identity {
            role: note.role,
            application: note.application,
            address: note.address,
        };
        match authors.iter_mut().find(|(_, known)| *known == author) {
            Some((last, _)) => *last = note.id.max(*last),
            None => authors.push((note.id, author.clone())),
        }
        author_of.insert(change.lineage, author);
    }
    authors.sort_by_key(|(last, _)| *last);
    let authors = authors.into_iter().map(|(_, author)| Some(author));
    let mut rest = survey;
    let mut parts = Vec::new();
    for author in authors.chain([None]) {
        let here =
            |lineage: &Lineage| author.is_none() || author_of.get(lineage) == author.as_ref();
        let observed = &mut rest.observed;
        let (found, others) = std::mem::take(&mut observed.found)
            .into_iter()
            .partition(|found| here(&found.lineage));
        observed.found = others;
        let found: Vec<Found> = found;
        let (gone, others) = std::mem::take(&mut observed.gone)
            .into_iter()
            .partition(|gone| here(&gone.lineage));
        observed.gone = others;
        let objects: HashSet<(u32, u32)> = found
            .iter()
            .map(|found| (found.id.class, found.id.oid))
            .collect();
        let (newcomers, others) = std::mem::take(&mut observed.newcomers)
            .into_iter()
            .partition(|(id, _)| author.is_none() || objects.contains(&(id.class, id.oid)));
        observed.newcomers = others;
        let (new_schemas, others) = std::mem::take(&mut observed.new_schemas)
            .into_iter()
            .partition(|(_, physical)| found.iter().any(|it| it.physical_schema == *physical));
        observed.new_schemas = others;
        let (changes, others) = std::mem::take(&mut rest.drift)
            .into_iter()
            .partition(|change| here(&change.lineage));
        rest.drift = others;
        parts.push(Part {
            author: author.unwrap_or_else(|| identity.clone()),
            observed: Observed {
                map: Arc::clone(&rest.observed.map),
                found,
                newcomers,
                gone,
                new_schemas,
            },
            changes,
        });
    }
    parts
}

/// A commit message for changes that nobody described.
fn summary(changes: &[Change]) -> String {
    match changes {
        [] => "Record the live schema".to_owned(),
        [only] => format!("Record drift of {}", only.key),
        [first, ..] => format!(
            "Record drift of {} and {} more",
            first.key,
            changes.len() - 1
        ),
    }
}
