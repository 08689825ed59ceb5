//! What a transition has made, read back.

use super::Transition;
use crate::branch::NameUse;
use crate::catalog::{self, CatalogId, PhysicalTarget, Selection, TargetClass, TouchedRequest};
use crate::error::{ErrorReport, Origin, SqlState};
use crate::repo::adopt::adopt;
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::observe::{Gone, Observed, new_schemas};
use crate::schema::model::{Kind, Lineage, ObjectKey};
use crate::schema::{self, ChangeKind, Snapshot};
use crate::store::Stamp;
use crate::upstream::Executor;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What the branch's objects are now, of those that were touched.
pub async fn look(
    database: &Database,
    session: &mut dyn Executor,
    transition: &Transition,
) -> Result<(Observed, Stamp), RepoError> {
    let map = &transition.map;
    let targets = targets(transition);
    let mut touched = catalog::touched(
        session,
        TouchedRequest {
            targets: &targets,
            ..TouchedRequest::default()
        },
    )
    .await?;
    let drops_unlocked = transition.changes.iter().any(|change| {
        change.key.kind == Kind::DefaultPrivileges && change.kind == ChangeKind::Drop
    });
    if drops_unlocked {
        let lost = database.store().lost_objects(session, map.id()).await?;
        touched.gone.extend(lost);
    }
    let raw = database
        .read(session, Selection::Objects(&touched.ids))
        .await?;
    let mut asked = raw.ids();
    asked.extend(&touched.gone);
    let entries = database.store().lineages(session, &asked).await?;
    let known: HashMap<CatalogId, Lineage> = entries
        .iter()
        .filter(|(_, entry)| entry.branch == map.id())
        .map(|(id, entry)| (*id, entry.lineage))
        .collect();
    let registry = database.registry();
    let added: HashMap<String, String> = transition
        .changes
        .iter()
        .filter(|change| change.key.kind == Kind::Schema)
        .map(|change| {
            let physical = map.physical_schema(&change.key.name, None, NameUse::Define);
            (physical.into_owned(), change.key.name.clone())
        })
        .collect();
    let names = |physical: &str| {
        if let Some(logical) = added.get(physical) {
            return Some(logical.clone());
        }
        registry.logical_on(map.id(), physical)
    };
    let adopted = adopt(&raw, &names, &transition.after, &known)?;
    let observed = Observed {
        map: Arc::clone(map),
        new_schemas: new_schemas(map, &adopted.found),
        gone: touched
            .gone
            .iter()
            .filter_map(|id| {
                Some(Gone {
                    id: Some(*id),
                    lineage: *known.get(id)?,
                })
            })
            .collect(),
        newcomers: adopted.newcomers,
        found: adopted.found,
    };
    let stamp = Stamp {
        transaction_id: touched.transaction_id,
        backend_pid: touched.backend_pid,
        now_micros: touched.now_micros,
    };
    Ok((observed, stamp))
}

/// The names that the statements concern, where they live.
fn targets(transition: &Transition) -> Vec<PhysicalTarget> {
    let mut targets = BTreeSet::new();
    // What had to make way for a change was dropped and made again.
    let changed = transition.changes.iter().map(|change| &change.key);
    let rebuilt = transition.steps.iter().map(|step| &step.object);
    let mut keys: BTreeSet<ObjectKey> = changed.chain(rebuilt).cloned().collect();
    // A cast is made under no lock, and has no name.
    let casts: Vec<&ObjectKey> = keys.iter().filter(|key| key.kind == Kind::Cast).collect();
    let result = &transition.after;
    let bound: Vec<ObjectKey> = casts
        .into_iter()
        .filter_map(|key| result.get(&result.by_key(key)?))
        .flat_map(|cast| cast.depends_on.iter().cloned())
        .collect();
    keys.extend(bound);
    for key in &keys {
        let class = TargetClass::of(key.kind);
        let physical = |schema: &str| {
            transition
                .map
                .physical_schema(schema, None, NameUse::Define)
                .into_owned()
        };
        targets.insert(match key.kind {
            Kind::Schema => PhysicalTarget {
                class,
                schema: String::new(),
                name: physical(&key.name),
            },
            Kind::DefaultPrivileges => PhysicalTarget {
                class,
                schema: String::new(),
                name: physical(&key.schema),
            },
            kind if kind.is_on_relation() => PhysicalTarget {
                class,
                schema: physical(&key.schema),
                name: key.qualifier.clone(),
            },
            _ => PhysicalTarget {
                class,
                schema: physical(&key.schema),
                name: key.name.clone(),
            },
        });
    }
    targets.into_iter().collect()
}

/// What was changed must now be what it was computed to be. Objects that merely depend on
/// those may read differently: the server rewrites them when what they name is renamed.
pub fn verify(transition: &Transition, observed: &Observed) -> Result<(), RepoError> {
    let changed: BTreeSet<Lineage> = transition
        .changes
        .iter()
        .map(|change| change.lineage)
        .collect();
    let result = &transition.after;
    let wanted: Snapshot = changed
        .iter()
        .filter_map(|lineage| Some((*lineage, Arc::clone(result.get(lineage)?))))
        .collect();
    let live: Snapshot = observed
        .found
        .iter()
        .filter(|found| changed.contains(&found.lineage))
        .map(|found| (found.lineage, found.definition.clone()))
        .collect();
    let wrong: Vec<String> = schema::diff(&wanted, &live)
        .into_iter()
        .map(|change| difference(&change.key, &change.kind))
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(ErrorReport::new(
        SqlState::INTERNAL_ERROR,
        "the schema did not come out as computed; nothing was changed",
    )
    .with_detail(wrong.join("; "))
    .with_origin(Origin::Internal)
    .into())
}

fn difference(key: &ObjectKey, kind: &ChangeKind) -> String {
    match kind {
        ChangeKind::Create => format!("{key} should not exist"),
        ChangeKind::Drop => format!("{key} is missing"),
        ChangeKind::Alter(alterations) => {
            let alterations: Vec<String> = alterations.iter().map(ToString::to_string).collect();
            format!("{key}: {}", alterations.join(", "))
        }
    }
}
