//! Rewrites a side's definitions so that they speak of everything by the names of the result.

use super::names::Names;
use super::pair::columns;
use super::references::Objects;
use crate::schema::diff::Renames;
use crate::schema::model::{Body, Definition, Kind, Lineage, Name, ObjectKey};
use crate::schema::quote::{qualified, quote_identifier};
use crate::schema::rename::{rename_objects, with_own_name};
use crate::schema::snapshot::Snapshot;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A side's objects, of those concerned, as the result would name what they speak of.
pub fn apply(renames: &Renames, side: &Snapshot, concerned: &BTreeSet<Lineage>) -> Objects {
    concerned
        .iter()
        .filter_map(|lineage| Some((*lineage, carried(renames, side.get(lineage)?))))
        .collect()
}

/// The definition with every mention of something else renamed. What the object and its columns are
/// called themselves stays, but for their schema.
pub fn carried(renames: &Renames, definition: &Arc<Definition>) -> Arc<Definition> {
    if *renames == Renames::default() {
        return Arc::clone(definition);
    }
    let mut carried = renames.carry(definition);
    if let Some(name) = own_name(&mut carried.body) {
        name.schema = renames.schema(&name.schema).to_owned();
    }
    for key in &mut carried.depends_on {
        rename_key(renames, key);
    }
    carried.depends_on.sort();
    Arc::new(carried)
}

/// The key an object is known by in the result.
fn rename_key(renames: &Renames, key: &mut ObjectKey) {
    match key.kind {
        Kind::Schema => key.name = renames.schema(&key.name).to_owned(),
        kind if kind.is_on_relation() => {
            let table = renames.name(&Name::new(key.schema.as_str(), key.qualifier.as_str()));
            key.schema = table.schema;
            key.qualifier = table.name;
        }
        _ => {
            let name = Name::new(key.schema.as_str(), key.name.as_str());
            let name = match key.kind {
                Kind::OperatorFamily => renames.family(&name),
                _ => renames.name(&name),
            };
            key.schema = name.schema;
            key.name = name.name;
            key.qualifier =
                rename_objects(&key.qualifier, &renames.objects, &renames.schemas).into_owned();
        }
    }
}

/// The name of an object that has one with a schema.
fn own_name(body: &mut Body) -> Option<&mut Name> {
    match body {
        Body::Schema(_) | Body::Trigger(_) => None,
        Body::Enum(body) => Some(&mut body.name),
        Body::Domain(body) => Some(&mut body.name),
        Body::Composite(body) => Some(&mut body.name),
        Body::Sequence(body) => Some(&mut body.name),
        Body::Table(body) => Some(&mut body.name),
        Body::Index(body) => Some(&mut body.name),
        Body::View(body) => Some(&mut body.name),
        Body::MaterializedView(body) => Some(&mut body.name),
        Body::Routine(body) => Some(&mut body.name),
        Body::Declared(body) if body.declares.is_on_relation() => None,
        Body::Declared(body) => Some(&mut body.name),
    }
}

/// The definition with the names of the result for the object and its columns.
pub fn named(names: &Names, lineage: Lineage, definition: Arc<Definition>) -> Arc<Definition> {
    let Some(name) = names.objects.get(&lineage) else {
        return definition;
    };
    let column = |id| names.columns.get(&(lineage, id));
    let stays = names.key(lineage, &definition) == definition.key()
        && columns(&definition)
            .into_iter()
            .all(|(id, name)| column(id).is_none_or(|new| new == name));
    let left_out = |id: &Lineage| names.left_out_columns.contains(&(lineage, *id));
    let loses = columns(&definition).keys().any(left_out);
    if stays && !loses {
        return definition;
    }
    let mut definition = Arc::unwrap_or_clone(definition);
    set_names(&mut definition, name, column);
    if let Body::Table(table) = &mut definition.body {
        table.columns.retain(|column| !left_out(&column.id));
    }
    Arc::new(definition)
}

/// Calls an object `name`, and its columns as `columns` says.
pub fn set_names<'a>(
    definition: &mut Definition,
    name: &Name,
    columns: impl Fn(Lineage) -> Option<&'a String>,
) {
    match &mut definition.body {
        Body::Schema(body) => body.name.clone_from(&name.name),
        Body::Trigger(body) if body.name != name.name => {
            let own = quote_identifier(&name.name);
            body.definition = with_own_name(&body.definition, Kind::Trigger, &own);
            body.name.clone_from(&name.name);
        }
        Body::Routine(body) if body.name != *name => {
            body.definition = with_own_name(&body.definition, Kind::Routine, &qualified(name));
            body.name.clone_from(name);
        }
        Body::Composite(body) => {
            for attribute in &mut body.attributes {
                if let Some(new) = columns(attribute.id) {
                    attribute.name.clone_from(new);
                }
            }
        }
        Body::Table(body) => {
            for column in &mut body.columns {
                if let Some(new) = columns(column.id) {
                    column.name.clone_from(new);
                }
            }
        }
        _ => {}
    }
    if let Some(own) = own_name(&mut definition.body) {
        own.clone_from(name);
    }
    if let Body::Declared(body) = &mut definition.body {
        body.name.name.clone_from(&name.name);
        body.name_statement();
    }
}
