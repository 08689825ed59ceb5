//! Decides what every object and column is called in the result, before anything else is merged:
//! texts of the three sides can be compared only once they speak of things by the same names.

mod collisions;

use super::decide::{Decisions, Pick, Sides, Subject};
use super::pair::{columns, part};
use super::three::Three;
use crate::schema::diff::Renames;
use crate::schema::model::{Definition, Kind, Lineage, Name, ObjectKey};
use crate::schema::quote::qualified;
use crate::schema::snapshot::Snapshot;
use collisions::object_collisions;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The names of the result, and how each side's names become them: what stays is not in its [`Renames`].
#[derive(Debug, Default)]
pub struct Names {
    /// A schema's name and that of a part of a relation have no schema.
    pub objects: BTreeMap<Lineage, Name>,
    /// By table or composite type and column.
    pub columns: BTreeMap<(Lineage, Lineage), String>,
    /// Objects and columns that lost their name to another and have no other to go by.
    pub left_out: BTreeSet<Lineage>,
    pub left_out_columns: BTreeSet<(Lineage, Lineage)>,
    pub base: Renames,
    pub source: Renames,
    pub target: Renames,
}

impl Names {
    /// The key that an object has in the result. A side's definition of it speaks of everything else
    /// by the names of the result.
    pub fn key(&self, lineage: Lineage, definition: &Definition) -> ObjectKey {
        let key = definition.key();
        match self.objects.get(&lineage) {
            None => key,
            Some(name) if key.kind.is_on_relation() => ObjectKey {
                name: name.name.clone(),
                ..key
            },
            Some(name) => ObjectKey {
                schema: name.schema.clone(),
                name: name.name.clone(),
                ..key
            },
        }
    }
}

/// Merges the names of the objects concerned. All others keep theirs.
pub fn merge_names(
    sides: Three<&Snapshot>,
    concerned: &BTreeSet<Lineage>,
    decisions: &mut Decisions<'_>,
) -> Names {
    let mut names = Names::default();
    let lineages: BTreeSet<Lineage> = concerned
        .iter()
        .copied()
        .filter(|lineage| sides.target.contains(lineage) || sides.source.contains(lineage))
        .collect();
    schemas(&lineages, sides, decisions, &mut names);
    objects(&lineages, sides, decisions, &mut names);
    object_collisions(&lineages, sides, decisions, &mut names);
    for lineage in &lineages {
        let of = sides.objects(*lineage);
        let Some(key) = of.key() else { continue };
        let subject = Subject {
            lineage: *lineage,
            key: &key,
        };
        table_columns(subject, of, decisions, &mut names);
    }
    names.base = renames(sides.base, concerned, &names);
    names.source = renames(sides.source, concerned, &names);
    names.target = renames(sides.target, concerned, &names);
    names
}

/// What a schema-qualified object is called, or a schema or part of a relation by itself.
fn own_name(definition: &Definition) -> Name {
    let key = definition.key();
    match key.kind {
        kind if kind.is_on_relation() => Name::new("", key.name),
        _ => Name::new(key.schema, key.name),
    }
}

/// One part of a name, three ways. Where one side has dropped the object, the other's name stands.
fn merge_part(
    subject: Subject<'_>,
    attribute: &str,
    of: Three<Option<&str>>,
    decisions: &mut Decisions<'_>,
) -> Option<String> {
    let Three {
        base,
        source,
        target,
    } = of;
    let merged = match (source, target) {
        (None, name) | (name, None) => name,
        (ours, theirs) if ours == theirs || base == ours => theirs,
        (ours, theirs) if base == theirs => ours,
        (ours, theirs) => {
            let value = |name: Option<&str>| name.map(Value::from);
            decisions
                .decide(
                    subject,
                    attribute,
                    Sides {
                        base: value(base),
                        source: value(source),
                        target: value(target),
                    },
                )
                .of(base, ours, theirs)
                .or(theirs)
        }
    };
    merged.map(str::to_owned)
}

fn schemas(
    lineages: &BTreeSet<Lineage>,
    sides: Three<&Snapshot>,
    decisions: &mut Decisions<'_>,
    names: &mut Names,
) {
    for lineage in lineages {
        let of = sides.objects(*lineage);
        let Some(key) = of.key().filter(|key| key.kind == Kind::Schema) else {
            continue;
        };
        let subject = Subject {
            lineage: *lineage,
            key: &key,
        };
        let own = of.map(|definition| definition.map(own_name));
        let name = merge_part(
            subject,
            "name",
            own.as_ref()
                .map(|name| name.as_ref().map(|name| name.name.as_str())),
            decisions,
        );
        if let Some(name) = name {
            names.objects.insert(*lineage, Name::new("", name));
        }
    }
}

/// How a side's schemas are called in the result, where that differs.
fn names_of_schemas(side: &Snapshot, names: &Names) -> BTreeMap<String, String> {
    names
        .objects
        .iter()
        .filter_map(|(lineage, new)| {
            let key = side.get(lineage)?.key();
            let renamed = key.kind == Kind::Schema && key.name != new.name;
            renamed.then(|| (key.name, new.name.clone()))
        })
        .collect()
}

fn objects(
    lineages: &BTreeSet<Lineage>,
    sides: Three<&Snapshot>,
    decisions: &mut Decisions<'_>,
    names: &mut Names,
) {
    let schemas = sides.map(|side| names_of_schemas(side, names));
    for lineage in lineages {
        let of = sides.objects(*lineage);
        let Some(key) = of.key().filter(|key| key.kind != Kind::Schema) else {
            continue;
        };
        let subject = Subject {
            lineage: *lineage,
            key: &key,
        };
        let own = of.zip(schemas.as_ref()).map(|(definition, schemas)| {
            definition.map(|definition| {
                let mut name = own_name(definition);
                if let Some(new) = schemas.get(&name.schema) {
                    name.schema.clone_from(new);
                }
                name
            })
        });
        let part = |pick: fn(&Name) -> &str| own.as_ref().map(|name| name.as_ref().map(pick));
        let schema = merge_part(subject, "schema", part(|name| &name.schema), decisions);
        let name = merge_part(subject, "name", part(|name| &name.name), decisions);
        if let (Some(schema), Some(name)) = (schema, name) {
            names.objects.insert(*lineage, Name { schema, name });
        }
    }
}

/// Whether something exists in the result, as far as can be said before merging. What one side dropped and the
/// other changed may.
fn survives<T: PartialEq>(of: &Three<Option<T>>) -> bool {
    match (&of.base, &of.source, &of.target) {
        (Some(base), None, Some(kept)) | (Some(base), Some(kept), None) => base != kept,
        (_, source, target) => source.is_some() || target.is_some(),
    }
}

/// How a column is called in the path of its attributes: as on the target, or where that lacks it,
/// on the source, then the base.
pub fn column_label(of: Three<Option<&str>>) -> &str {
    of.target.or(of.source).or(of.base).unwrap_or_default()
}

fn table_columns(
    subject: Subject<'_>,
    of: Three<Option<&Definition>>,
    decisions: &mut Decisions<'_>,
    names: &mut Names,
) {
    let by_id = of.map(|definition| definition.map(columns).unwrap_or_default());
    let ids: BTreeSet<Lineage> = by_id
        .target
        .keys()
        .chain(by_id.source.keys())
        .copied()
        .collect();
    let mut holders: BTreeMap<String, Lineage> = BTreeMap::new();
    let own = |id: &Lineage| by_id.as_ref().map(|columns| columns.get(id).copied());
    // Columns that the target has under their final name come first: they hold it.
    let mut merged: Vec<(bool, Lineage, String)> = Vec::new();
    for id in &ids {
        let attribute = format!("column {} name", column_label(own(id)));
        if let Some(name) = merge_part(subject, &attribute, own(id), decisions) {
            merged.push((own(id).target != Some(name.as_str()), *id, name));
        }
    }
    merged.sort();
    for (_, id, name) in merged {
        let place = (subject.lineage, id);
        names.columns.insert(place, name.clone());
        if !survives(&of.map(|definition| definition.and_then(|definition| part(definition, id)))) {
            continue;
        }
        let Some(holder) = holders.get(&name).copied() else {
            holders.insert(name, id);
            continue;
        };
        let pick = decisions.decide(
            subject,
            &format!("column {} name", column_label(own(&id))),
            Sides {
                base: own(&id).base.map(Value::from),
                source: own(&id).source.map(Value::from),
                target: Some(Value::from(match own(&holder).base {
                    Some(before) => format!("{name}, renamed from {before}"),
                    None => format!("{name}, added"),
                })),
            },
        );
        let mut fall_back = |id: Lineage, name: Option<&str>| {
            let place = (subject.lineage, id);
            match name {
                Some(name) => {
                    names.columns.insert(place, name.to_owned());
                }
                None => {
                    names.left_out_columns.insert(place);
                }
            }
        };
        let ours = own(&id);
        match pick {
            Pick::Source => fall_back(holder, own(&holder).base),
            Pick::Target => fall_back(id, ours.target.or(ours.base)),
            Pick::Base => {
                fall_back(holder, own(&holder).base);
                fall_back(id, ours.base);
            }
        }
    }
}

/// How a side's names become the result's.
fn renames(side: &Snapshot, concerned: &BTreeSet<Lineage>, names: &Names) -> Renames {
    let mut renames = Renames {
        schemas: names_of_schemas(side, names),
        ..Renames::default()
    };
    // Overloads share a name: where they part, texts cannot be told apart by it.
    let (mut parted, mut parted_families) = (BTreeSet::new(), BTreeSet::new());
    for lineage in concerned {
        let Some(definition) = side.get(lineage) else {
            continue;
        };
        let is_family = definition.kind() == Kind::OperatorFamily;
        let alike: fn(Kind) -> bool = match definition.kind() {
            Kind::OperatorFamily => |kind| kind == Kind::OperatorFamily,
            kind if kind.facts().in_texts => |kind| kind.facts().in_texts,
            _ => continue,
        };
        let old = own_name(definition);
        let by_name: BTreeMap<String, String> = columns(definition)
            .into_iter()
            .filter_map(|(id, name)| {
                let new = names.columns.get(&(*lineage, id))?;
                (new != name).then(|| (name.to_owned(), new.clone()))
            })
            .collect();
        if definition.kind() == Kind::Composite {
            if !by_name.is_empty() {
                renames.attributes.insert(qualified(&old), by_name);
            }
        } else if !by_name.is_empty() {
            renames.columns.insert(old.clone(), by_name);
        }
        let new = names.objects.get(lineage).unwrap_or(&old).clone();
        let stays =
            |(key, other): (&ObjectKey, Lineage)| alike(key.kind) && !concerned.contains(&other);
        let parts = new != old && side.named(&old).any(stays);
        let (renamed, parted) = if is_family {
            (&mut renames.families, &mut parted_families)
        } else {
            (&mut renames.objects, &mut parted)
        };
        let before = renamed.insert(old.clone(), new.clone());
        if parts || before.is_some_and(|before| before != new) {
            parted.insert(old);
        }
    }
    for (renamed, parted) in [
        (&mut renames.objects, parted),
        (&mut renames.families, parted_families),
    ] {
        renamed.retain(|old, new| old != new && !parted.contains(old));
    }
    renames
}
