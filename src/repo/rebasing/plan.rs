//! What a rebase would do: no more than reading history.

use crate::error::{ErrorReport, SqlState};
use crate::repo::database::{Database, Head};
use crate::repo::error::RepoError;
use crate::repo::merging::conversions;
use crate::repo::replay::{self, Decisions, Pick, Replay};
use crate::repo::transition::{Conversions, Transition};
use crate::schema::quote::quote_identifier;
use crate::schema::{Creator, Snapshot};
use crate::store::CommitHash;
use crate::upstream::Executor;

/// A rebase worked out to the last statement.
#[derive(Clone, Debug)]
pub struct Planned {
    pub replay: Replay,
    pub transition: Transition,
    pub onto: Head,
    /// What both have in common.
    pub base: CommitHash,
    /// The branch is upon it already.
    pub is_up_to_date: bool,
}

/// Works a rebase out with the conflicts decided so far, on recorded trees alone.
pub async fn work_out(
    database: &Database,
    branch: &str,
    onto: CommitHash,
    decisions: &Decisions,
    creator: &Creator,
) -> Result<Planned, RepoError> {
    let store = database.store();
    let mut reader = database.reader();
    let map = database.branch(branch).await?;
    let head = database.current_head(branch).await?;
    let onto = database.head_at(&mut reader, onto).await?;
    let bases = store
        .merge_base(&mut reader, head.commit, &[onto.commit])
        .await?;
    let Some(base) = bases.first().copied() else {
        return Err(ErrorReport::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!(
                "branch {} and commit {} have no history in common",
                quote_identifier(branch),
                onto.commit.short()
            ),
        )
        .into());
    };
    let is_up_to_date = bases.contains(&onto.commit);
    let before = database.snapshot(head.tree).await?;
    let (start, picks) = if is_up_to_date {
        (before.clone(), Vec::new())
    } else {
        let own = store
            .own_commits(&mut reader, head.commit, onto.commit)
            .await?;
        let picks = own.into_iter().filter_map(|(hash, commit)| {
            // What a merge has brought comes with the commits that it merged.
            let base = match commit.parents.as_slice() {
                [parent] => *parent,
                _ => return None,
            };
            Some(Pick { hash, commit, base })
        });
        (database.snapshot(onto.tree).await?, picks.collect())
    };
    let using = using(
        database,
        &mut reader,
        (head, &before),
        (onto, &start),
        &bases,
    )
    .await?;
    let replay = replay::replay(database, start, picks, decisions).await?;
    let states = (before, replay.result.clone());
    let transition = Transition::new(database, map, head, states, using, creator);
    Ok(Planned {
        replay,
        transition,
        onto,
        base,
        is_up_to_date,
    })
}

/// How types were converted, on either side: the branch's own way wins.
async fn using(
    database: &Database,
    reader: &mut dyn Executor,
    own: (Head, &Snapshot),
    onto: (Head, &Snapshot),
    bases: &[CommitHash],
) -> Result<Conversions, RepoError> {
    let (head, snapshot) = onto;
    let mut using = conversions(database, reader, snapshot, head.commit, bases).await?;
    let (head, snapshot) = own;
    using.extend(conversions(database, reader, snapshot, head.commit, bases).await?);
    Ok(using)
}
