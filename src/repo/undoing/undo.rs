//! Undoing single objects: they become what they were at a ref, with all that belongs to them.
//!
//! That is a three-way merge, too. The source is the schema at the ref, the target the present one, and the base is the one at
//! the ref but for those objects, which it has as they are now: so they alone have changed, and only on the source's side.
//! Renames of whatever they speak of are followed, and what they need or what needs them shows as a conflict.

use super::findings::{self, Finding};
use super::restore::{Present, Restore, Worked};
use crate::error::{ErrorReport, SqlState};
use crate::merge::{self, Conflict, Strategy};
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::schema::Snapshot;
use crate::schema::model::{Body, Definition, Kind, Lineage, Name, ObjectKey};
use std::collections::BTreeSet;
use std::sync::Arc;

pub async fn work_out(
    database: &Database,
    asked: &Restore,
    present: &Present,
) -> Result<Worked, RepoError> {
    let mut reader = database.reader();
    let commit = asked.from.resolve(database, &mut reader).await?;
    let recorded = database.store().commit(&mut reader, commit).await?;
    let then = database.snapshot(recorded.tree).await?;
    let now = &present.schema;
    let mut meant = BTreeSet::new();
    for (schema, name) in &asked.objects {
        meant.extend(named(&then, now, schema.as_deref(), name)?);
    }
    let roots: Vec<Lineage> = meant.iter().copied().collect();
    for lineage in roots {
        belongings(&then, lineage, &mut meant);
        belongings(now, lineage, &mut meant);
    }
    let mut base = then.clone();
    for lineage in &meant {
        match now.get(lineage) {
            Some(definition) => base.insert(*lineage, Arc::clone(definition)),
            None => base.remove(lineage),
        };
    }
    // A column that was dropped and made again is taken for the same: that keeps its values.
    let made_again = BTreeSet::new();
    let merged = merge::merge(&base, &then, now, &made_again, Strategy::Auto, &[]);
    let mut found = vec![Finding::commit(commit, &recorded, "is where it comes from")];
    let sides = Sides {
        then: &then,
        now,
        meant: &meant,
        from: asked.from.to_string(),
    };
    found.extend(merged.open().map(|conflict| sides.obstacle(conflict)));
    let clean = merged.conflicts.is_empty();
    if clean {
        let changes = crate::schema::diff(now, &merged.result);
        found.extend(findings::unmeant(&changes, &meant));
        found.extend(
            findings::ledgers(database, &merged.result)
                .into_iter()
                .filter(|finding| sides.is_meant(&finding.object)),
        );
    }
    Ok(Worked {
        commit,
        findings: found,
        after: clean.then_some(merged.result),
    })
}

/// The objects of that name at either time, with all overloads. What is on a relation has its name only where nothing else has.
fn named(
    then: &Snapshot,
    now: &Snapshot,
    schema: Option<&str>,
    name: &str,
) -> Result<BTreeSet<Lineage>, RepoError> {
    let found: Vec<(ObjectKey, Lineage)> = [then, now]
        .into_iter()
        .flat_map(|side| side.called(name))
        .filter(|(key, _)| schema.is_none_or(|schema| key.schema == schema))
        .map(|(key, lineage)| (key.clone(), lineage))
        .collect();
    let rank = |kind: Kind| match kind {
        Kind::Table => 0,
        kind if kind.is_on_relation() => 2,
        _ => 1,
    };
    let Some(best) = found.iter().map(|(key, _)| rank(key.kind)).min() else {
        return Err(ErrorReport::new(
            SqlState::UNDEFINED_OBJECT,
            format!("object \"{name}\" does not exist"),
        )
        .with_detail("Neither the ref nor the branch has an object of that name.")
        .into());
    };
    let chosen: Vec<(ObjectKey, Lineage)> = found
        .into_iter()
        .filter(|(key, _)| rank(key.kind) == best)
        .collect();
    let schemas: BTreeSet<&str> = chosen.iter().map(|(key, _)| key.schema.as_str()).collect();
    if schemas.len() > 1 {
        let listed: Vec<&str> = schemas.into_iter().collect();
        return Err(ErrorReport::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("object name \"{name}\" is ambiguous"),
        )
        .with_detail(format!("It is in schemas {}.", listed.join(", ")))
        .with_hint(format!("Write which one is meant: {}.{name}", listed[0]))
        .into());
    }
    Ok(chosen.into_iter().map(|(_, lineage)| lineage).collect())
}

/// Adds what goes where its relation goes: indexes, triggers, policies and the like, owned sequences, partitions.
fn belongings(side: &Snapshot, owner: Lineage, meant: &mut BTreeSet<Lineage>) {
    let Some(definition) = side.get(&owner) else {
        return;
    };
    let key = definition.key();
    if !matches!(key.kind, Kind::Table | Kind::View | Kind::MaterializedView) {
        return;
    }
    let name = Name::new(key.schema.as_str(), key.name.as_str());
    for (lineage, part) in side.iter() {
        if belongs(part, &name) && meant.insert(*lineage) {
            belongings(side, *lineage, meant);
        }
    }
}

fn belongs(part: &Definition, relation: &Name) -> bool {
    match &part.body {
        Body::Index(index) => index.table == *relation,
        Body::Trigger(trigger) => trigger.table == *relation,
        Body::Declared(declared) => declared.table.as_ref() == Some(relation),
        Body::Sequence(sequence) => {
            let owner = sequence.owned_by.as_ref();
            owner.is_some_and(|owner| owner.table == *relation)
        }
        Body::Table(table) => table.bound.is_some() && table.inherits.contains(relation),
        _ => false,
    }
}

struct Sides<'a> {
    then: &'a Snapshot,
    now: &'a Snapshot,
    meant: &'a BTreeSet<Lineage>,
    from: String,
}

impl Sides<'_> {
    fn is_meant(&self, object: &str) -> bool {
        self.meant.iter().any(|lineage| {
            let side = self.now.get(lineage).or_else(|| self.then.get(lineage));
            side.is_some_and(|definition| definition.key().to_string() == object)
        })
    }

    /// Why something cannot be what it was, from the conflict that would arise.
    fn obstacle(&self, conflict: &Conflict) -> Finding {
        let key = &conflict.key;
        let whole = conflict.attribute == "definition";
        let part = if whole {
            key.to_string()
        } else {
            format!("{} of {key}", conflict.attribute)
        };
        let meant = self.meant.contains(&conflict.lineage);
        if conflict.attribute == "name" || conflict.attribute.ends_with(" name") {
            let taken = Conflict::render(conflict.target.as_ref()).unwrap_or_default();
            return Finding::error("name", key, format!("its name is {taken}"));
        }
        if meant && conflict.source.is_none() {
            let users = self.users(self.now, key);
            return Finding::error(
                "dependents",
                key,
                format!("{part} was not there yet, and {users} needs it"),
            )
            .with_hint(format!(
                "Name that, too: PGGIT UNDO …, … FROM {}",
                self.from
            ));
        }
        if !meant && conflict.target.is_none() {
            let users = self.users(self.then, key);
            return Finding::error(
                "needs",
                key,
                format!("{part} does not exist any more, and {users} needed it"),
            )
            .with_hint(format!(
                "Name it, too: PGGIT UNDO …, {} FROM {}",
                key.name, self.from
            ));
        }
        if meant && conflict.target.is_none() {
            return Finding::error(
                "needs",
                key,
                format!("{part} may speak of columns by names that they no longer have"),
            )
            .with_hint("Name the tables that it reads, too.");
        }
        Finding::error("conflict", key, format!("{part} cannot be what it was"))
    }

    /// What needs an object, on one side: what is undone where it was there, the rest where it is now.
    fn users(&self, side: &Snapshot, key: &ObjectKey) -> String {
        let name = Name::new(key.schema.as_str(), key.name.as_str());
        let there = std::ptr::eq(side, self.then);
        let users: BTreeSet<String> = side
            .dependents(key)
            .chain(side.referrers(&name))
            .filter(|lineage| self.meant.contains(lineage) == there)
            .filter_map(|lineage| Some(side.get(&lineage)?.key().to_string()))
            .collect();
        if users.is_empty() {
            return "something else".to_owned();
        }
        users.into_iter().collect::<Vec<_>>().join(", ")
    }
}
