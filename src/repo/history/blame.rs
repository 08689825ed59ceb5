//! Who last changed what of an object.

use super::changes::{Changed, changes};
use super::object::{ObjectPath, parts};
use super::part::{self, Part};
use super::walk::{Step, steps};
use crate::error::ErrorReport;
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::reference::Ref;
use crate::schema::ChangeKind;
use crate::schema::model::Lineage;
use crate::store::{Commit, CommitHash};
use crate::upstream::Executor;
use std::collections::{BTreeSet, HashMap};

/// The commit that last changed a part of an object.
#[derive(Clone, Debug)]
pub struct Blamed {
    /// `column`, `index`, `grant` …
    pub part: String,
    pub name: String,
    pub hash: CommitHash,
    pub commit: Commit,
}

/// For each part of an object, and each index, trigger, policy and the like on it, the commit that last changed it.
pub async fn blame(
    database: &Database,
    at: &Ref,
    object: &ObjectPath,
) -> Result<Vec<Blamed>, ErrorReport> {
    Ok(read(database, at, object).await?)
}

async fn read(
    database: &Database,
    at: &Ref,
    object: &ObjectPath,
) -> Result<Vec<Blamed>, RepoError> {
    let mut reader = database.reader();
    let from = at.resolve(database, &mut reader).await?;
    let tree = database.head_at(&mut reader, from).await?.tree;
    let snapshot = database.snapshot(tree).await?;
    let lineage = object.find(&snapshot)?;
    let mut found: Vec<(String, String, CommitHash)> = Vec::new();
    for (number, (lineage, definition)) in parts(&snapshot, lineage).enumerate() {
        let history = history(database, &mut reader, from, lineage).await?;
        let named = if number == 0 {
            part::of(&definition)
        } else {
            let key = definition.key();
            vec![part::Named {
                part: Part::Whole,
                kind: key.kind.keyword().to_ascii_lowercase(),
                name: key.name,
            }]
        };
        for part::Named { part, kind, name } in named {
            if let Some((commit, _)) = history.get(blamed(&history, &part)) {
                found.push((kind, name, *commit));
            }
        }
    }
    // Grants come last.
    found.sort_by_key(|(kind, ..)| kind == "grant");
    let mut hashes: Vec<CommitHash> = found.iter().map(|(_, _, hash)| *hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let commits: HashMap<CommitHash, Commit> =
        database.store().commits(&mut reader, &hashes).await?;
    let blamed = found.into_iter().filter_map(|(part, name, hash)| {
        let commit = commits.get(&hash)?.clone();
        Some(Blamed {
            part,
            name,
            hash,
            commit,
        })
    });
    Ok(blamed.collect())
}

/// The commits on an object's way, newest first, each with what it made of what.
type History = Vec<(CommitHash, Vec<Edge>)>;

/// What a commit changed with regard to one of its parents.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edge {
    /// Where in the history the parent's state was made; none if there was none.
    from: Option<usize>,
    /// `None`: all of it.
    touched: Option<BTreeSet<Part>>,
}

impl Edge {
    fn touches(&self, part: &Part) -> bool {
        match &self.touched {
            None => true,
            Some(touched) if *part == Part::Whole => !touched.is_empty(),
            Some(touched) => touched.contains(part),
        }
    }
}

/// Where in a history a part was last changed: on past every commit that left it as one of its parents had it.
fn blamed(history: &[(CommitHash, Vec<Edge>)], part: &Part) -> usize {
    let mut at = 0;
    while let Some((_, edges)) = history.get(at)
        && let Some(next) = edges
            .iter()
            .filter(|edge| !edge.touches(part))
            .find_map(|edge| edge.from)
        && next > at
    {
        at = next;
    }
    at
}

async fn history(
    database: &Database,
    reader: &mut dyn Executor,
    from: CommitHash,
    lineage: Lineage,
) -> Result<History, RepoError> {
    let steps = steps(database, reader, from, lineage).await?;
    let changed = changes(database, reader, lineage, &steps).await?;
    let each = steps.iter().zip(&changed);
    Ok(each.map(|(step, changed)| edges(step, changed)).collect())
}

fn edges(step: &Step, changed: &[Changed]) -> (CommitHash, Vec<Edge>) {
    let edges = step.edges.iter().zip(changed).map(|(edge, changed)| Edge {
        from: edge.from,
        touched: touched(changed),
    });
    (step.commit, edges.collect())
}

/// `None` where the object came or went.
fn touched(changed: &Changed) -> Option<BTreeSet<Part>> {
    let (before, after) = (changed.before.as_ref()?, changed.after.as_ref()?);
    let mut found = BTreeSet::new();
    for kind in &changed.kinds {
        match kind {
            ChangeKind::Alter(alterations) => {
                found.extend(part::touched(alterations, before, after));
                // What was only dropped of it changed the whole.
                if found.is_empty() && !alterations.is_empty() {
                    found.insert(Part::Whole);
                }
            }
            ChangeKind::Create | ChangeKind::Drop => return None,
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::history::part::ColumnId;
    use crate::schema::diff;
    use crate::schema::model::{Body, Constraint, ConstraintKind, Definition, IndexAttributes};
    use crate::schema::samples::{column, owned, snapshot, table, unique};
    use std::sync::Arc;

    fn part(name: &str) -> Part {
        Part::Column(ColumnId::Name(name.to_owned()))
    }

    fn edge(from: usize, touched: &[&str]) -> Edge {
        Edge {
            from: Some(from),
            touched: Some(touched.iter().map(|name| part(name)).collect()),
        }
    }

    fn created() -> Edge {
        Edge {
            from: None,
            touched: None,
        }
    }

    fn at(history: &[Vec<Edge>], name: &str) -> usize {
        let history: History = history
            .iter()
            .map(|edges| (CommitHash::of(b""), edges.clone()))
            .collect();
        blamed(&history, &part(name))
    }

    #[test]
    fn what_nobody_touched_is_its_creators() {
        let history = [
            vec![edge(1, &["a"])],
            vec![edge(2, &["b"])],
            vec![created()],
        ];
        assert_eq!(at(&history, "a"), 0);
        assert_eq!(at(&history, "b"), 1);
        assert_eq!(at(&history, "c"), 2);
    }

    #[test]
    fn a_merge_is_passed_to_the_side_that_has_the_part() {
        // Ours (1) changed a, theirs (2) changed b, and the merge c.
        let history = [
            vec![edge(1, &["b", "c"]), edge(2, &["a", "c"])],
            vec![edge(3, &["a"])],
            vec![edge(3, &["b"])],
            vec![created()],
        ];
        assert_eq!(at(&history, "a"), 1);
        assert_eq!(at(&history, "b"), 2);
        assert_eq!(at(&history, "c"), 0);
        assert_eq!(at(&history, "d"), 3);
    }

    #[test]
    fn the_first_commit_made_all_of_it() {
        assert_eq!(at(&[Vec::new()], "a"), 0);
    }

    fn changed(before: &Definition, after: &Definition) -> Changed {
        let kinds = diff(
            &snapshot([(1, before.clone())]),
            &snapshot([(1, after.clone())]),
        );
        Changed {
            before: Some(Arc::new(before.clone())),
            after: Some(Arc::new(after.clone())),
            kinds: kinds.into_iter().map(|change| change.kind).collect(),
        }
    }

    #[test]
    fn a_renamed_column_touches_nothing_that_speaks_of_it() {
        let check = |column: &str| Constraint {
            kind: ConstraintKind::Check,
            definition: format!("CHECK (({column} > 0))"),
            columns: vec![column.to_owned()],
            references: None,
            comment: None,
            inherited: false,
            index: IndexAttributes::default(),
        };
        let users = |name: &str| {
            let mut users = table(
                "users",
                vec![column(1, "id", "integer"), column(2, name, "integer")],
            );
            users
                .constraints
                .insert("users_id_key".to_owned(), unique("id"));
            users.constraints.insert("positive".to_owned(), check(name));
            owned(Body::Table(users))
        };
        let (before, after) = (users("age"), users("years"));
        let renamed = Part::Column(ColumnId::Lineage(column(2, "", "").id));
        assert_eq!(
            touched(&changed(&before, &after)),
            Some(BTreeSet::from([renamed]))
        );
        assert_eq!(touched(&changed(&before, &before)), Some(BTreeSet::new()));
    }

    #[test]
    fn what_is_gone_changed_the_whole_and_no_part() {
        let users = |columns: &[u8]| {
            let columns = columns
                .iter()
                .map(|id| column(*id, &format!("c{id}"), "text"));
            owned(Body::Table(table("users", columns.collect())))
        };
        let dropped = touched(&changed(&users(&[1, 2]), &users(&[1])));
        assert_eq!(dropped, Some(BTreeSet::from([Part::Whole])));
    }
}
