//! Renames and moves, in an order in which no name is taken twice.

use super::scope::{Scope, relation_names};
use super::script::{Script, keyword, relation, target_named};
use super::step::RenderOptions;
use crate::schema::change::Alteration;
use crate::schema::model::{Body, Definition, Kind, Lineage, Name, ObjectKey};
use crate::schema::quote::{qualified, quote_identifier};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

const MAX_IDENTIFIER_BYTES: usize = 63;

/// A name for something that is on its way to another name, or out.
pub(super) fn temporary(name: &str) -> String {
    const SUFFIX: &str = "~old";
    let mut cut = name.len().min(MAX_IDENTIFIER_BYTES - SUFFIX.len());
    while !name.is_char_boundary(cut) {
        cut -= 1;
    }
    format!("{}{SUFFIX}", &name[..cut])
}

/// Orders renames so that each target is free when its turn comes; where names go round in a circle,
/// one of them takes a temporary name first.
fn ordered<'a>(renames: &[(&'a str, &'a str)]) -> Vec<(String, String)> {
    let mut pending: BTreeMap<String, &str> = renames
        .iter()
        .map(|(from, to)| ((*from).to_owned(), *to))
        .collect();
    let mut ordered = Vec::new();
    while let Some(first) = pending.keys().next().cloned() {
        let free = pending
            .iter()
            .find(|(_, to)| !pending.contains_key(**to))
            .map(|(from, _)| from.clone());
        let from = free.clone().unwrap_or(first);
        let Some(to) = pending.remove(&from) else {
            break;
        };
        if free.is_some() {
            ordered.push((from, to.to_owned()));
        } else {
            let aside = temporary(&from);
            ordered.push((from, aside.clone()));
            pending.insert(aside, to);
        }
    }
    ordered
}

/// All renames of a migration: schemas, then moves between schemas, then objects, then their parts. New
/// schemas are made as soon as their names are free, since objects may move there.
/// Returns the names of what was moved aside to be dropped at the end.
pub(super) fn render(
    script: &mut Script<'_>,
    scope: &Scope<'_>,
    dropped_last: &BTreeSet<Lineage>,
) -> BTreeMap<Lineage, String> {
    schemas(script, scope);
    super::build::schemas(script, scope);
    moves(script, scope);
    let aside = objects(script, scope, dropped_last);
    on_relations(script, scope);
    parts(script, scope);
    aside
}

/// What is altered in place, with its definitions before and after.
fn altered<'a>(
    scope: &'a Scope<'_>,
) -> impl Iterator<Item = (Lineage, &'a Definition, &'a Definition, &'a [Alteration])> {
    scope
        .altered
        .iter()
        .filter(|(lineage, _)| !scope.is_gone(**lineage))
        .filter_map(|(lineage, alterations)| {
            let old = scope.old(*lineage)?;
            let new = scope.new_definition(*lineage)?;
            Some((*lineage, old.as_ref(), new.as_ref(), *alterations))
        })
}

fn schemas(script: &mut Script<'_>, scope: &Scope<'_>) {
    let mut renames = Vec::new();
    for (_, old, new, _) in altered(scope) {
        if let (Body::Schema(old), Body::Schema(new)) = (&old.body, &new.body)
            && old.name != new.name
        {
            renames.push((old.name.as_str(), new.name.as_str()));
        }
    }
    for (from, to) in ordered(&renames) {
        let key = ObjectKey {
            kind: Kind::Schema,
            schema: String::new(),
            name: to.clone(),
            qualifier: String::new(),
        };
        script.push(
            &key,
            &[],
            format!(
                "ALTER SCHEMA {} RENAME TO {}",
                quote_identifier(&from),
                quote_identifier(&to)
            ),
        );
    }
}

/// `SET SCHEMA`, under the old name.
fn moves(script: &mut Script<'_>, scope: &Scope<'_>) {
    for (_, old, new, alterations) in altered(scope) {
        for alteration in alterations {
            if let Alteration::SetSchema { from, to } = alteration {
                let target = target_named(old, &Name::new(from.as_str(), old.key().name));
                script.push(
                    &new.key(),
                    &[],
                    format!("ALTER {target} SET SCHEMA {}", quote_identifier(to)),
                );
            }
        }
    }
}

/// Within one of these, no two objects share a name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct NameSpace {
    schema: String,
    space: Option<&'static str>,
    /// What tells objects of one name apart: a routine's argument types.
    qualifier: String,
}

impl NameSpace {
    fn of(definition: &Definition, schema: String) -> Self {
        Self {
            schema,
            space: definition.kind().facts().spaces.first().copied(),
            qualifier: definition.key().qualifier,
        }
    }
}

/// Whether no object of another kind can take its name.
fn has_own_space(kind: Kind) -> bool {
    let facts = kind.facts();
    kind != Kind::Schema && !facts.spaces.is_empty() && !facts.is_relation_or_type()
}

/// Old name, new name, the object.
type Rename<'a> = (String, String, &'a Definition);

fn objects(
    script: &mut Script<'_>,
    scope: &Scope<'_>,
    dropped_last: &BTreeSet<Lineage>,
) -> BTreeMap<Lineage, String> {
    let mut renames: BTreeMap<NameSpace, Vec<Rename<'_>>> = BTreeMap::new();
    for (_, old, new, alterations) in altered(scope) {
        for alteration in alterations {
            if let Alteration::Rename { from, to } = alteration
                && new.kind() != Kind::Schema
                && !new.kind().is_on_relation()
            {
                renames
                    .entry(NameSpace::of(new, new.key().schema))
                    .or_default()
                    .push((from.clone(), to.clone(), old));
            }
        }
    }
    let mut aside = BTreeMap::new();
    let wanted = scope.wanted_names();
    let mut move_aside = |lineage: Lineage, old: &'_ Definition| -> (String, String) {
        let from = old.key().name;
        let to = temporary(&from);
        aside.insert(lineage, to.clone());
        (from, to)
    };
    for lineage in dropped_last {
        let Some(old) = scope.old(*lineage) else {
            continue;
        };
        let in_the_way = relation_names(old).iter().any(|name| wanted.contains(name))
            || has_own_space(old.kind()) && scope.to.by_key(&old.key()).is_some();
        if in_the_way {
            range_aside(script, scope, old, &mut renames);
            let (from, to) = move_aside(*lineage, old);
            let schema = scope.renames.schema(&old.key().schema).to_owned();
            renames
                .entry(NameSpace::of(old, schema))
                .or_default()
                .push((from, to, old));
        }
    }
    for lineage in &scope.remade {
        let (Some(old), Some(new)) = (scope.old(*lineage), scope.new_definition(*lineage)) else {
            continue;
        };
        range_aside(script, scope, old, &mut renames);
        let (from, to) = move_aside(*lineage, old);
        let space = NameSpace::of(old, new.key().schema);
        let of_space = renames.entry(space).or_default();
        // Its successor is made under the new name.
        of_space.retain(|(other, _, _)| *other != from);
        of_space.push((from, to, old));
    }
    for (space, of_space) in &renames {
        let pairs: Vec<_> = of_space
            .iter()
            .map(|(from, to, _)| (from.as_str(), to.as_str()))
            .collect();
        let mut definitions: BTreeMap<String, &Definition> = of_space
            .iter()
            .map(|(from, _, old)| (from.clone(), *old))
            .collect();
        for (from, to) in ordered(&pairs) {
            let Some(old) = definitions.remove(&from) else {
                continue;
            };
            let target = target_named(old, &Name::new(space.schema.as_str(), from));
            let mut key = old.key();
            key.name.clone_from(&to);
            script.push(
                &key,
                &[],
                format!("ALTER {target} RENAME TO {}", quote_identifier(&to)),
            );
            definitions.insert(to, old);
        }
    }
    aside
}

/// A range that moves aside takes its multirange along, and the functions that make their values.
fn range_aside<'a>(
    script: &mut Script<'_>,
    scope: &Scope<'_>,
    range: &'a Definition,
    renames: &mut BTreeMap<NameSpace, Vec<Rename<'a>>>,
) {
    if let Body::Declared(declared) = &range.body
        && let Some(multirange) = declared.multirange()
    {
        let schema = scope.renames.schema(&multirange.schema).to_owned();
        let aside = temporary(&multirange.name);
        let own = Name::new(
            scope.renames.schema(&declared.name.schema),
            declared.name.name.as_str(),
        );
        let of_many = Name::new(schema.as_str(), multirange.name.as_str());
        let subtype = declared.subtype().unwrap_or_default();
        for (function, arguments) in [
            (&own, format!("{subtype}, {subtype}")),
            (&own, format!("{subtype}, {subtype}, text")),
            (&of_many, String::new()),
        ] {
            let called = qualified(function);
            let aside = quote_identifier(&temporary(&function.name)).into_owned();
            let sql = format!("ALTER FUNCTION {called}({arguments}) RENAME TO {aside}");
            script.push(&range.key(), &[], sql);
        }
        (renames.entry(NameSpace::of(range, schema)).or_default()).push((
            multirange.name,
            aside,
            range,
        ));
    }
}

/// Triggers, policies and their like, under their relation's new name.
fn on_relations(script: &mut Script<'_>, scope: &Scope<'_>) {
    let mut renames: BTreeMap<(Kind, String), Vec<Rename<'_>>> = BTreeMap::new();
    for (_, _, new, alterations) in
        altered(scope).filter(|(_, _, new, _)| new.kind().is_on_relation())
    {
        for alteration in alterations {
            if let Alteration::Rename { from, to } = alteration {
                renames
                    .entry((new.kind(), relation(new)))
                    .or_default()
                    .push((from.clone(), to.clone(), new));
            }
        }
    }
    for of_relation in renames.values() {
        let pairs: Vec<_> = of_relation
            .iter()
            .map(|(from, to, _)| (from.as_str(), to.as_str()))
            .collect();
        let Some((_, _, any)) = of_relation.first() else {
            continue;
        };
        for (from, to) in ordered(&pairs) {
            let target = target_named(any, &Name::new("", from));
            let mut key = any.key();
            key.name.clone_from(&to);
            let to = quote_identifier(&to);
            script.push(&key, &[], format!("ALTER {target} RENAME TO {to}"));
        }
    }
}

/// Columns, attributes, constraints, identity columns' sequences: under their owner's new name.
fn parts(script: &mut Script<'_>, scope: &Scope<'_>) {
    for (lineage, old, new, alterations) in altered(scope) {
        // Made anew under the new names.
        if scope.remade.contains(&lineage) {
            continue;
        }
        let mut columns = Vec::new();
        let mut attributes = Vec::new();
        let mut constraints = Vec::new();
        for alteration in alterations {
            match alteration {
                Alteration::RenameColumn { from, to } => {
                    columns.push((from.as_str(), to.as_str()));
                }
                Alteration::RenameAttribute { from, to } => {
                    attributes.push((from.as_str(), to.as_str()));
                }
                Alteration::RenameConstraint { from, to } => {
                    constraints.push((from.as_str(), to.as_str()));
                }
                Alteration::SetIdentity { from, to, .. } if from.sequence != to.sequence => {
                    let schema = new.key().schema;
                    let sequence = Name::new(schema, from.sequence.as_str());
                    script.push(
                        &new.key(),
                        &[],
                        format!(
                            "ALTER SEQUENCE {} RENAME TO {}",
                            qualified(&sequence),
                            quote_identifier(&to.sequence)
                        ),
                    );
                }
                _ => {}
            }
        }
        let left_behind = left_behind(script.options, scope, old, new);
        constraints.extend((left_behind.iter()).map(|(from, to)| (from.as_str(), to.as_str())));
        let made_anew = recreated(scope, lineage, old);
        columns.retain(|(from, _)| !made_anew.columns.contains(from));
        constraints.retain(|(from, _)| !made_anew.constraints.contains(*from));
        for (word, renames) in [
            ("COLUMN", columns),
            ("ATTRIBUTE", attributes),
            ("CONSTRAINT", constraints),
        ] {
            for (from, to) in ordered(&renames) {
                script.push(
                    &new.key(),
                    &[],
                    format!(
                        "ALTER {} {} RENAME {word} {} TO {}",
                        keyword(new),
                        relation(new),
                        quote_identifier(&from),
                        quote_identifier(&to)
                    ),
                );
            }
        }
    }
}

/// Old names of a table's or a domain's parts that are dropped and made again under their new names.
#[derive(Default)]
struct Recreated<'a> {
    columns: BTreeSet<&'a str>,
    constraints: BTreeSet<Cow<'a, str>>,
}

/// Constraints behind `NOT NULL` that would still be called after what their table or column was, while the default
/// name is wanted. A table's children may call theirs otherwise, and it cannot be renamed apart from them.
fn left_behind(
    options: &RenderOptions,
    scope: &Scope<'_>,
    old: &Definition,
    new: &Definition,
) -> Vec<(String, String)> {
    if let (Body::Domain(before), Body::Domain(after)) = (&old.body, &new.body) {
        let by_default = before.not_null_name.is_none() && after.not_null_name.is_none();
        let names = (before.not_null_constraint()).zip(after.not_null_constraint());
        let names =
            names.filter(|(from, to)| options.names_domains_not_null() && by_default && from != to);
        return names.into_iter().collect();
    }
    if !options.names_not_null() {
        return Vec::new();
    }
    let (Some(before), Some(after)) = (old.as_table(), new.as_table()) else {
        return Vec::new();
    };
    let is_parent = || {
        (scope.from.dependents(&old.key())).any(|child| {
            (scope.old(child).and_then(|child| child.as_table()))
                .is_some_and(|child| child.inherits.contains(&before.name))
        })
    };
    if !before.inherits.is_empty() || !after.inherits.is_empty() || is_parent() {
        return Vec::new();
    }
    let renamed = (before.columns.iter()).filter_map(|column| {
        let same = after.columns.iter().find(|same| same.id == column.id)?;
        if column.not_null_name.is_some() || same.not_null_name.is_some() {
            return None;
        }
        let from = column.not_null_constraint(&before.name)?;
        let to = same.not_null_constraint(&after.name)?;
        (from != to).then_some((from, to))
    });
    renamed.collect()
}

fn recreated<'a>(scope: &'a Scope<'_>, lineage: Lineage, old: &'a Definition) -> Recreated<'a> {
    let mut recreated = Recreated::default();
    if let (Body::Domain(old), Some(domain)) = (&old.body, scope.domains.get(&lineage)) {
        let checks = old.checks.keys().map(String::as_str);
        let dropped = checks.filter(|check| domain.drops(check));
        recreated.constraints = dropped.map(Cow::Borrowed).collect();
    }
    let (Body::Table(old), Some(table)) = (&old.body, scope.tables.get(&lineage)) else {
        return recreated;
    };
    let columns = || (old.columns.iter()).filter(|column| table.recreated.contains(&column.id));
    recreated.columns = columns().map(|column| column.name.as_str()).collect();
    let not_null = columns().filter_map(|column| column.not_null_constraint(&old.name));
    let dropped = table.dropped_constraints.iter().map(String::as_str);
    recreated.constraints = (dropped.map(Cow::Borrowed))
        .chain(not_null.map(Cow::Owned))
        .collect();
    recreated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_free_before_it_is_taken() {
        assert_eq!(
            ordered(&[("a", "b"), ("b", "c")]),
            [
                ("b".to_owned(), "c".to_owned()),
                ("a".to_owned(), "b".to_owned())
            ]
        );
    }

    #[test]
    fn names_are_swapped_through_a_temporary_one() {
        assert_eq!(
            ordered(&[("a", "b"), ("b", "a")]),
            [
                ("a".to_owned(), "a~old".to_owned()),
                ("b".to_owned(), "a".to_owned()),
                ("a~old".to_owned(), "b".to_owned())
            ]
        );
    }

    #[test]
    fn temporary_names_fit() {
        let name = temporary(&"é".repeat(40));
        assert!(name.len() <= MAX_IDENTIFIER_BYTES);
    }
}
