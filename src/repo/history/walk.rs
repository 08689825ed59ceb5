//! The way an object took through history: which commit made what of it, from its last state back to its first.
//!
//! Only commits that changed the object are looked at, and what it was at their parents; how many others there are
//! between them does not matter. Where a merge brought in what one of its parents had, the walk goes on with that parent, as git does.

use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::schema::model::Lineage;
use crate::store::{CommitHash, ObjectChange, ObjectHash, TreeHash};
use crate::upstream::Executor;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a commit made of an object, other than all of its parents had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub commit: CommitHash,
    pub tree: TreeHash,
    /// `None` where it was dropped.
    pub object: Option<ObjectHash>,
    /// One for each parent of the commit, in order.
    pub edges: Vec<Edge>,
}

/// What an object was before a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    pub tree: TreeHash,
    /// `None` where it was not there.
    pub object: Option<ObjectHash>,
    /// The step that had made it so; none if it had not been there yet.
    pub from: Option<usize>,
}

/// The steps that made an object what it is at a commit, newest first: the first is the last one. Steps lead to those behind
/// them.
pub async fn steps(
    database: &Database,
    reader: &mut dyn Executor,
    from: CommitHash,
    lineage: Lineage,
) -> Result<Vec<Step>, RepoError> {
    let store = database.store();
    let tree = database.head_at(reader, from).await?.tree;
    let changes = store.object_changes(reader, lineage).await?;
    let mut trees: BTreeMap<CommitHash, TreeHash> = (changes.iter())
        .flat_map(|change| change.parents.iter().copied())
        .collect();
    trees.insert(from, tree);
    let wanted: Vec<_> = trees.values().map(|tree| (*tree, lineage)).collect();
    let objects = store.tree_lookup_many(reader, &wanted).await?;
    let mut known = Known::new(changes, trees.into_keys().zip(objects).collect());
    loop {
        let questions = match known.walk(from) {
            Ok(steps) => return Ok(steps),
            Err(questions) => questions,
        };
        for question in questions {
            let wanted: Vec<CommitHash> =
                known.with(question.object).map(|(_, hash)| hash).collect();
            let answer = store.first_on_line(reader, question.at, &wanted).await?;
            known.answers.insert(question, answer);
        }
    }
}

/// Which of the commits that made this of the object is the first on the way from a commit through first parents?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Question {
    at: CommitHash,
    object: Option<ObjectHash>,
}

/// All that is known of an object's history.
#[derive(Debug)]
struct Known {
    /// Newest first.
    changes: Vec<ObjectChange>,
    /// Places in `changes` by what they made of the object.
    makers: HashMap<Option<ObjectHash>, Vec<usize>>,
    /// What the object was at the parents of those that changed it, and where the walk begins.
    objects: HashMap<CommitHash, Option<ObjectHash>>,
    answers: HashMap<Question, Option<CommitHash>>,
}

impl Known {
    fn new(changes: Vec<ObjectChange>, objects: HashMap<CommitHash, Option<ObjectHash>>) -> Self {
        let mut makers: HashMap<_, Vec<usize>> = HashMap::new();
        for (place, change) in changes.iter().enumerate() {
            makers.entry(change.object).or_default().push(place);
        }
        Self {
            changes,
            makers,
            objects,
            answers: HashMap::new(),
        }
    }

    /// The commits that made this of the object.
    fn with(&self, object: Option<ObjectHash>) -> impl Iterator<Item = (usize, CommitHash)> + '_ {
        let places = self.makers.get(&object).map(Vec::as_slice);
        let places = places.unwrap_or_default().iter();
        places.filter_map(|place| Some((*place, self.changes.get(*place)?.commit)))
    }

    fn object_at(&self, commit: CommitHash) -> Option<ObjectHash> {
        self.objects.get(&commit).copied().flatten()
    }

    fn walk(&self, from: CommitHash) -> Result<Vec<Step>, BTreeSet<Question>> {
        let mut questions = BTreeSet::new();
        let mut makers: BTreeMap<usize, Vec<Option<usize>>> = BTreeMap::new();
        let mut pending = Vec::new();
        match self.maker(from, self.object_at(from)) {
            Ok(first) => pending.extend(first),
            Err(question) => return Err(BTreeSet::from([question])),
        }
        while let Some(place) = pending.pop() {
            if makers.contains_key(&place) {
                continue;
            }
            let mut before = Vec::new();
            for (parent, _) in &self.changes[place].parents {
                match self.maker(*parent, self.object_at(*parent)) {
                    Ok(maker) => {
                        pending.extend(maker);
                        before.push(maker);
                    }
                    Err(question) => {
                        questions.insert(question);
                    }
                }
            }
            makers.insert(place, before);
        }
        if !questions.is_empty() {
            return Err(questions);
        }
        let numbers: HashMap<usize, usize> = (makers.keys().enumerate())
            .map(|(number, place)| (*place, number))
            .collect();
        let steps = makers.iter().map(|(place, before)| {
            let change = &self.changes[*place];
            let edges = change.parents.iter().zip(before);
            Step {
                commit: change.commit,
                tree: change.tree,
                object: change.object,
                edges: edges
                    .map(|((parent, tree), maker)| Edge {
                        tree: *tree,
                        object: self.object_at(*parent),
                        from: maker.and_then(|maker| numbers.get(&maker).copied()),
                    })
                    .collect(),
            }
        });
        Ok(steps.collect())
    }

    /// The change that made of the object what it is at a commit: past merges that only brought it in. None if it has
    /// never been there.
    fn maker(
        &self,
        mut at: CommitHash,
        object: Option<ObjectHash>,
    ) -> Result<Option<usize>, Question> {
        loop {
            let Some(place) = self.last_change(at, object)? else {
                return Ok(None);
            };
            let others = self.changes[place].parents.iter().skip(1);
            let brought_in = others
                .map(|(parent, _)| *parent)
                .find(|parent| self.object_at(*parent) == object);
            match brought_in {
                // What has never been there is no drop.
                Some(parent) if object.is_some() || self.last_change(parent, object)?.is_some() => {
                    at = parent;
                }
                _ => return Ok(Some(place)),
            }
        }
    }

    /// The last change of the object on the way from a commit through first parents.
    fn last_change(
        &self,
        at: CommitHash,
        object: Option<ObjectHash>,
    ) -> Result<Option<usize>, Question> {
        let mut candidates = self.with(object);
        let Some((first, commit)) = candidates.next() else {
            return Ok(None);
        };
        let more = candidates.next().is_some();
        // Something made it what it is; nothing need have dropped what is not there.
        if commit == at || !more && object.is_some() {
            return Ok(Some(first));
        }
        if let Some((place, _)) = self.with(object).find(|(_, commit)| *commit == at) {
            return Ok(Some(place));
        }
        let question = Question { at, object };
        let answer = self.answers.get(&question).ok_or(question)?;
        Ok(answer.and_then(|commit| {
            let found = self.with(object).find(|(_, other)| *other == commit);
            found.map(|(place, _)| place)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(name: &str) -> CommitHash {
        CommitHash::of(name.as_bytes())
    }

    fn object(name: &str) -> Option<ObjectHash> {
        (name != "-").then(|| ObjectHash::of(name.as_bytes()))
    }

    /// The whole history, oldest first: commit, what the object is there, parents.
    type History<'a> = &'a [(&'a str, &'a str, &'a [&'a str])];

    /// The steps from the last commit on: each commit with those that its edges lead to.
    fn walked(history: History<'_>) -> Vec<(String, Vec<String>)> {
        let at = |name: &str| {
            let found = history.iter().find(|(commit, ..)| *commit == name);
            found.copied().expect("a known commit")
        };
        let names: HashMap<CommitHash, &str> = history
            .iter()
            .map(|(name, ..)| (commit(name), *name))
            .collect();
        let tree = TreeHash::of(b"");
        let changes = history
            .iter()
            .rev()
            .filter(|(_, state, parents)| match parents.first() {
                Some(first) => at(first).1 != *state,
                None => *state != "-",
            })
            .map(|(name, state, parents)| ObjectChange {
                commit: commit(name),
                tree,
                object: object(state),
                parents: parents.iter().map(|name| (commit(name), tree)).collect(),
            })
            .collect();
        let objects = (history.iter())
            .map(|(name, state, _)| (commit(name), object(state)))
            .collect();
        let mut known = Known::new(changes, objects);
        let (last, ..) = history.last().expect("a commit");
        let steps = loop {
            match known.walk(commit(last)) {
                Ok(steps) => break steps,
                Err(questions) => {
                    for question in questions {
                        let wanted: Vec<_> = known.with(question.object).map(|(_, c)| c).collect();
                        let mut line = Some(names[&question.at]);
                        while let Some(name) = line
                            && !wanted.contains(&commit(name))
                        {
                            line = at(name).2.first().copied();
                        }
                        known.answers.insert(question, line.map(commit));
                    }
                }
            }
        };
        let name = |step: usize| names[&steps[step].commit].to_owned();
        (0..steps.len())
            .map(|step| {
                let edges = steps[step].edges.iter().filter_map(|edge| edge.from);
                (name(step), edges.map(name).collect())
            })
            .collect()
    }

    fn expect(history: History<'_>, expected: &[(&str, &[&str])]) {
        let expected: Vec<(String, Vec<String>)> = expected
            .iter()
            .map(|(name, before)| {
                let before = before.iter().map(|name| (*name).to_owned());
                ((*name).to_owned(), before.collect())
            })
            .collect();
        assert_eq!(walked(history), expected);
    }

    #[test]
    fn a_line_of_changes_leads_back_to_the_first() {
        expect(
            &[
                ("init", "-", &[]),
                ("create", "a", &["init"]),
                ("other", "a", &["create"]),
                ("alter", "b", &["other"]),
                ("back", "a", &["alter"]),
                ("more", "a", &["back"]),
            ],
            &[
                ("back", &["alter"]),
                ("alter", &["create"]),
                ("create", &[]),
            ],
        );
    }

    #[test]
    fn what_a_merge_brings_in_is_the_other_side_s() {
        expect(
            &[
                ("create", "a", &[]),
                ("theirs", "b", &["create"]),
                ("ours", "a", &["create"]),
                ("merge", "b", &["ours", "theirs"]),
                ("tip", "b", &["merge"]),
            ],
            &[("theirs", &["create"]), ("create", &[])],
        );
    }

    #[test]
    fn a_merge_of_both_sides_changes_leads_to_both() {
        expect(
            &[
                ("create", "a", &[]),
                ("theirs", "b", &["create"]),
                ("ours", "c", &["create"]),
                ("merge", "d", &["ours", "theirs"]),
            ],
            &[
                ("merge", &["ours", "theirs"]),
                ("ours", &["create"]),
                ("theirs", &["create"]),
                ("create", &[]),
            ],
        );
    }

    #[test]
    fn merges_of_merges_lead_to_the_maker() {
        expect(
            &[
                ("create", "a", &[]),
                ("x", "b", &["create"]),
                ("y", "a", &["create"]),
                // Criss-cross: each side has merged the other.
                ("my", "b", &["y", "x"]),
                ("mx", "b", &["x", "y"]),
                ("m", "b", &["mx", "my"]),
                ("z", "a", &["create"]),
                ("top", "b", &["z", "m"]),
            ],
            &[("x", &["create"]), ("create", &[])],
        );
    }

    #[test]
    fn what_was_dropped_and_came_back_has_both_lives() {
        expect(
            &[
                ("init", "-", &[]),
                ("create", "a", &["init"]),
                ("drop", "-", &["create"]),
                ("undo", "a", &["drop"]),
            ],
            &[("undo", &["drop"]), ("drop", &["create"]), ("create", &[])],
        );
    }

    #[test]
    fn another_branch_s_drop_is_not_ours() {
        expect(
            &[
                ("init", "-", &[]),
                ("theirs", "a", &["init"]),
                ("their drop", "-", &["theirs"]),
                ("ours", "-", &["init"]),
                ("merge", "a", &["ours", "theirs"]),
            ],
            &[("theirs", &[])],
        );
    }
}
