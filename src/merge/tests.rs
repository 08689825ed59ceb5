//! Every rule of merging, on schemas small enough to read.

use super::*;
use crate::schema::model::*;
use serde_json::json;
use std::sync::Arc;

mod columns;
mod criss_cross;
mod objects;
mod properties;
mod references;
mod union;

/// A lineage that is the same wherever it is named.
fn id(name: &str) -> Lineage {
    let mut bytes = [0; 16];
    for (index, byte) in name.bytes().enumerate() {
        bytes[index % 16] ^= byte.rotate_left(u32::try_from(index / 16).expect("short"));
    }
    Lineage(bytes)
}

fn public(name: &str) -> Name {
    Name::new("public", name)
}

fn definition(body: Body) -> Definition {
    Definition {
        owner: "ada".to_owned(),
        acl: Acl::new(),
        comment: None,
        security_labels: SecurityLabels::new(),
        depends_on: Vec::new(),
        body,
    }
}

/// A column whose lineage is its table's and its first name's.
fn column(name: &str, data_type: &str) -> Column {
    Column {
        id: id(name),
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        ..Column::default()
    }
}

fn table(name: &str, columns: &[Column]) -> Definition {
    definition(Body::Table(Table {
        name: public(name),
        columns: columns.to_vec(),
        ..Table::default()
    }))
}

/// `users (id bigint, name text)`.
fn users() -> Definition {
    table("users", &[column("id", "bigint"), column("name", "text")])
}

fn check(columns: &[&str], expression: &str) -> Constraint {
    Constraint {
        kind: ConstraintKind::Check,
        definition: format!("CHECK ({expression})"),
        columns: columns.iter().map(ToString::to_string).collect(),
        references: None,
        comment: None,
        inherited: false,
        index: IndexAttributes::default(),
    }
}

fn foreign_key(column: &str, table: &str, referenced: &str) -> Constraint {
    Constraint {
        kind: ConstraintKind::Foreign,
        definition: format!("FOREIGN KEY ({column}) REFERENCES public.{table}({referenced})"),
        columns: vec![column.to_owned()],
        references: Some(public(table)),
        comment: None,
        inherited: false,
        index: IndexAttributes::default(),
    }
}

fn index(name: &str, table: &str, columns: &[&str]) -> Definition {
    let mut index = definition(Body::Index(Index {
        name: public(name),
        table: public(table),
        unique: false,
        definition: format!("USING btree ({})", columns.join(", ")),
        columns: columns.iter().map(ToString::to_string).collect(),
        partitioned: false,
        attributes: IndexAttributes::default(),
    }));
    index.depends_on = vec![key(Kind::Table, table)];
    index
}

fn view(name: &str, query: &str, reads: &[&str]) -> Definition {
    let mut view = definition(Body::View(View {
        name: public(name),
        columns: vec!["id".to_owned()],
        column_types: vec!["bigint".to_owned()],
        query: query.to_owned(),
        options: BTreeMap::new(),
        column_comments: BTreeMap::new(),
        column_security_labels: BTreeMap::new(),
        column_defaults: BTreeMap::new(),
        column_acls: BTreeMap::new(),
    }));
    view.depends_on = reads.iter().map(|table| key(Kind::Table, table)).collect();
    view
}

fn mood(labels: &[&str]) -> Definition {
    definition(Body::Enum(Enum {
        name: public("mood"),
        labels: labels.iter().map(ToString::to_string).collect(),
    }))
}

fn key(kind: Kind, name: &str) -> ObjectKey {
    ObjectKey {
        kind,
        schema: "public".to_owned(),
        name: name.to_owned(),
        qualifier: String::new(),
    }
}

/// Changes a table.
fn with(mut definition: Definition, change: impl FnOnce(&mut Table)) -> Definition {
    if let Body::Table(table) = &mut definition.body {
        change(table);
    }
    definition
}

/// Changes one column of a table, found by its first name.
fn with_column(definition: Definition, name: &str, change: impl FnOnce(&mut Column)) -> Definition {
    with(definition, |table| {
        let found = table
            .columns
            .iter_mut()
            .find(|column| column.id == id(name));
        change(found.expect("such a column"));
    })
}

fn snapshot<'a>(objects: impl IntoIterator<Item = (&'a str, Definition)>) -> Snapshot {
    objects
        .into_iter()
        .map(|(name, definition)| (id(name), definition))
        .collect()
}

/// Merges as if there were no doubt.
fn merge(
    base: &Snapshot,
    source: &Snapshot,
    target: &Snapshot,
    strategy: Strategy,
    resolutions: &[Resolution],
) -> Merged {
    super::merge(
        base,
        source,
        target,
        &BTreeSet::new(),
        strategy,
        resolutions,
    )
}

fn auto(base: &Snapshot, source: &Snapshot, target: &Snapshot) -> Merged {
    merge(base, source, target, Strategy::Auto, &[])
}

/// Merges versions of one object.
fn auto_one(
    base: Option<&Definition>,
    source: Option<&Definition>,
    target: Option<&Definition>,
) -> Merged {
    one(base, source, target, Strategy::Auto)
}

fn one(
    base: Option<&Definition>,
    source: Option<&Definition>,
    target: Option<&Definition>,
    strategy: Strategy,
) -> Merged {
    let side = |version: Option<&Definition>| {
        snapshot(version.map(|definition| ("object", definition.clone())))
    };
    merge(&side(base), &side(source), &side(target), strategy, &[])
}

/// The one object of a result.
fn object(merged: &Merged) -> Option<&Definition> {
    merged.result.get(&id("object")).map(AsRef::as_ref)
}

fn kind(merged: &Merged) -> Option<MergeKind> {
    merged.objects.first().map(|outcome| outcome.kind)
}

fn attributes(merged: &Merged) -> Vec<&str> {
    merged
        .conflicts
        .iter()
        .map(|conflict| conflict.attribute.as_str())
        .collect()
}

fn resolution(conflict: &Conflict, choice: Choice) -> Resolution {
    Resolution {
        lineage: conflict.lineage,
        attribute: conflict.attribute.clone(),
        choice,
    }
}
