//! Every version that an object had.

use super::changes::{Changed, changes};
use super::object::ObjectPath;
use super::walk::{Step, steps};
use crate::error::ErrorReport;
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::reference::Ref;
use crate::schema::model::{Definition, Lineage};
use crate::schema::version::{Level, Version, level_of};
use crate::schema::{Alteration, ChangeKind, RenderOptions, Snapshot, create_all};
use crate::store::{Commit, CommitHash, ObjectHash};
use std::collections::HashMap;
use std::sync::Arc;

/// One version of an object.
#[derive(Clone, Debug)]
pub struct ObjectVersion {
    pub version: Version,
    pub hash: CommitHash,
    pub commit: Commit,
    /// In words.
    pub change: String,
    /// The DDL that makes it; `None` where it was not there.
    pub before: Option<String>,
    pub after: Option<String>,
}

/// The versions of an object that a ref's schema calls so, newest first, under whatever names it had.
pub async fn versions(
    database: &Database,
    from: &Ref,
    object: &ObjectPath,
) -> Result<Vec<ObjectVersion>, ErrorReport> {
    Ok(read(database, from, object).await?)
}

async fn read(
    database: &Database,
    from: &Ref,
    object: &ObjectPath,
) -> Result<Vec<ObjectVersion>, RepoError> {
    let mut reader = database.reader();
    let from = from.resolve(database, &mut reader).await?;
    let tree = database.head_at(&mut reader, from).await?.tree;
    let lineage = object.find(&database.snapshot(tree).await?)?;
    let steps = steps(database, &mut reader, from, lineage).await?;
    let changed = changes(database, &mut reader, lineage, &steps).await?;
    let hashes: Vec<CommitHash> = steps.iter().map(|step| step.commit).collect();
    let mut commits = database.store().commits(&mut reader, &hashes).await?;
    let mut texts = Texts::default();
    let mut versions = Vec::new();
    let mut last: Option<Version> = None;
    for (step, edges) in steps.iter().zip(&changed).rev() {
        let Some((version, change)) = next(last, step, edges) else {
            continue;
        };
        let Some(commit) = commits.remove(&step.commit) else {
            continue;
        };
        last = Some(version);
        let (before, after) = match edges.first() {
            Some(edge) => (edge.before.as_ref(), edge.after.as_ref()),
            None => (None, None),
        };
        let was = step.edges.first().and_then(|edge| edge.object);
        versions.push(ObjectVersion {
            version,
            hash: step.commit,
            commit,
            change,
            before: before.and_then(|one| texts.of(was, one)),
            after: after.and_then(|one| texts.of(step.object, one)),
        });
    }
    versions.reverse();
    Ok(versions)
}

/// The version that a step makes and what it changes, in words; none if it is the same as before.
fn next(last: Option<Version>, step: &Step, edges: &[Changed]) -> Option<(Version, String)> {
    let number = |level| last.map_or(Version::FIRST, |last| last.next(level));
    let [first, others @ ..] = edges else {
        return None;
    };
    let Some(alterations) = alterations(first) else {
        let word = match (&first.before, &first.after) {
            (_, None) => "drop",
            (None, Some(_)) if step.edges.iter().any(|edge| edge.from.is_some()) => "create again",
            (None, Some(_)) => "create",
            (Some(_), Some(_)) => "drop and create",
        };
        return Some((number(Level::Major), word.to_owned()));
    };
    // Of a merge, what is its own: what it changed with regard to every parent.
    let own: Vec<&Alteration> = (alterations.iter().copied())
        .filter(|alteration| {
            let mut others = others.iter();
            others.all(|other| has(other, alteration))
        })
        .collect();
    let (before, after) = (first.before.as_deref(), first.after.as_deref());
    let level = (own.iter())
        .map(|alteration| level_of(alteration, before, after))
        .max()
        .unwrap_or_default();
    let mut words: Vec<String> = own.iter().map(ToString::to_string).collect();
    if words.is_empty() {
        if others.is_empty() && !follows(first) {
            return None;
        }
        let why = if others.is_empty() {
            "follow a change of another object"
        } else {
            "merge the changes of both sides"
        };
        words.push(why.to_owned());
    }
    Some((number(level), words.join("; ")))
}

/// What was altered; `None` where the object came or went.
fn alterations(changed: &Changed) -> Option<Vec<&Alteration>> {
    let mut found = Vec::new();
    for kind in &changed.kinds {
        match kind {
            ChangeKind::Alter(alterations) => found.extend(alterations),
            ChangeKind::Create | ChangeKind::Drop => return None,
        }
    }
    Some(found)
}

/// Whether a change has that alteration, too.
fn has(changed: &Changed, alteration: &Alteration) -> bool {
    match alterations(changed) {
        Some(alterations) => alterations.contains(&alteration),
        None => true,
    }
}

/// Whether the object reads otherwise than before, though nothing of it was altered.
fn follows(changed: &Changed) -> bool {
    changed.before.as_ref().map(ddl) != changed.after.as_ref().map(ddl)
}

/// The DDL of definitions: what a version led to is what the next one came from.
#[derive(Default)]
struct Texts(HashMap<ObjectHash, String>);

impl Texts {
    fn of(&mut self, hash: Option<ObjectHash>, definition: &Arc<Definition>) -> Option<String> {
        let text = self.0.entry(hash?).or_insert_with(|| ddl(definition));
        Some(text.clone())
    }
}

/// The DDL that makes an object.
fn ddl(definition: &Arc<Definition>) -> String {
    let alone: Snapshot = std::iter::once((Lineage::default(), Arc::clone(definition))).collect();
    let statements = create_all(&alone, &RenderOptions::default());
    let statements: Vec<String> = (statements.into_iter())
        .map(|step| step.sql + ";")
        .collect();
    statements.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::history::walk::Edge;
    use crate::schema::model::Body;
    use crate::schema::samples::{column, owned, table};
    use crate::store::TreeHash;

    fn changed(alterations: &[Alteration]) -> Changed {
        let users = owned(Body::Table(table(
            "users",
            vec![column(1, "id", "integer")],
        )));
        let users = Some(Arc::new(users));
        Changed {
            before: users.clone(),
            after: users,
            kinds: vec![ChangeKind::Alter(alterations.to_vec())],
        }
    }

    fn step(parents: usize) -> Step {
        let edge = Edge {
            tree: TreeHash::of(b""),
            object: None,
            from: None,
        };
        Step {
            commit: CommitHash::of(b""),
            tree: TreeHash::of(b""),
            object: None,
            edges: vec![edge; parents],
        }
    }

    fn drop(name: &str) -> Alteration {
        Alteration::DropColumn {
            name: name.to_owned(),
        }
    }

    #[test]
    fn a_merge_counts_for_what_is_its_own() {
        let of = |edges: &[Changed]| {
            next(Some(Version::FIRST), &step(edges.len()), edges)
                .map(|(version, change)| (version.to_string(), change))
        };
        let theirs = changed(&[drop("a")]);
        let ours = changed(&[drop("b")]);
        let merged = (
            "1.0.1".to_owned(),
            "merge the changes of both sides".to_owned(),
        );
        assert_eq!(of(&[theirs.clone(), ours]), Some(merged));
        let decided = changed(&[drop("c"), drop("a")]);
        let own = ("2.0.0".to_owned(), "drop column a".to_owned());
        assert_eq!(of(&[theirs, decided]), Some(own));
    }

    #[test]
    fn what_reads_the_same_is_no_version() {
        assert_eq!(next(None, &step(1), &[changed(&[])]), None);
    }
}
