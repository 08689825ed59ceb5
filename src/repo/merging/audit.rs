//! What is kept of a merge for good, and shown of it.

use super::plan::Planned;
use crate::error::ErrorReport;
use crate::merge::{Conflict, ConflictState, ObjectOutcome};
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::replay::Replay;
use crate::repo::transition::Transition;
use crate::schema::{Change, ChangeKind};
use crate::store::{
    AuditConflict, AuditObject, CommitHash, ConflictRow, DecisionRow, MergeAudit, MergeRow,
};

/// What a merge that is applied leaves beside its commit.
pub fn audit(planned: &Planned) -> MergeAudit {
    let decided = planned
        .conflicts()
        .filter(|(_, conflict)| conflict.state != ConflictState::Open)
        .map(|(part, conflict)| decided(part.number, conflict));
    MergeAudit {
        bases: planned.bases(),
        objects: objects(&planned.objects, &planned.transition),
        conflicts: decided.collect(),
    }
}

/// What commits that were worked out anew leave beside theirs.
pub fn audit_of_replay(base: CommitHash, replay: &Replay, transition: &Transition) -> MergeAudit {
    MergeAudit {
        bases: vec![base],
        objects: objects(&replay.objects, transition),
        conflicts: replay
            .decided
            .iter()
            .map(|found| decided(1, found))
            .collect(),
    }
}

fn objects(outcomes: &[ObjectOutcome], transition: &Transition) -> Vec<AuditObject> {
    let change = |lineage| {
        let mut changes = transition.changes.iter();
        changes.find(|change| change.lineage == lineage)
    };
    outcomes
        .iter()
        .map(|object| AuditObject {
            lineage: object.lineage,
            key: object.key.clone(),
            kind: object.kind.as_str().to_owned(),
            result: result(change(object.lineage)).to_owned(),
        })
        .collect()
}

fn decided(source_number: usize, conflict: &Conflict) -> AuditConflict {
    AuditConflict {
        source_number,
        lineage: conflict.lineage,
        key: conflict.key.clone(),
        attribute: conflict.attribute.clone(),
        base: conflict.base.clone(),
        source: conflict.source.clone(),
        target: conflict.target.clone(),
        resolution: conflict.state.as_str().to_ascii_uppercase(),
    }
}

/// What a merge does to an object of the target, in a word.
pub fn result(change: Option<&Change>) -> &'static str {
    match change.map(|change| &change.kind) {
        None => "keep",
        Some(ChangeKind::Create) => "create",
        Some(ChangeKind::Drop) => "drop",
        Some(ChangeKind::Alter(_)) => "alter",
    }
}

/// All that is kept of one merge.
#[derive(Clone, Debug)]
pub struct ShownMerge {
    pub merge: MergeRow,
    pub objects: Vec<AuditObject>,
    pub conflicts: Vec<ConflictRow>,
    /// Oldest first, also those that were taken again.
    pub decisions: Vec<DecisionRow>,
    pub statements: Vec<String>,
}

/// A merge, open or done.
pub async fn show(database: &Database, merge: i64) -> Result<ShownMerge, ErrorReport> {
    Ok(shown(database, merge).await?)
}

async fn shown(database: &Database, merge: i64) -> Result<ShownMerge, RepoError> {
    let mut reader = database.reader();
    let store = database.store();
    Ok(ShownMerge {
        merge: store.merge(&mut reader, merge).await?,
        objects: store.merge_objects(&mut reader, merge).await?,
        conflicts: store.conflicts(&mut reader, merge).await?,
        decisions: store.merge_decisions(&mut reader, merge).await?,
        statements: store.merge_statements(&mut reader, merge).await?,
    })
}
