//! Definitions for the tests of this layer.

use super::model::{
    Acl, Body, Column, Constraint, ConstraintKind, Definition, Enum, IndexAttributes, Lineage,
    Name, ObjectKey, Schema, SecurityLabels, Table, View,
};
use super::snapshot::Snapshot;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

pub fn lineage(number: u8) -> Lineage {
    Lineage([number; 16])
}

pub fn definition(body: Body) -> Definition {
    Definition {
        owner: "ada".to_owned(),
        acl: Acl::new(),
        comment: None,
        security_labels: SecurityLabels::new(),
        depends_on: Vec::new(),
        body,
    }
}

/// With the owner's privileges, as a new table has them.
pub fn owned(body: Body) -> Definition {
    let mut definition = definition(body);
    definition.acl = super::acl::default_acl(definition.kind(), "ada", &Acl::new());
    definition
}

pub fn schema(name: &str) -> Definition {
    owned(Body::Schema(Schema {
        name: name.to_owned(),
    }))
}

pub fn enumeration(name: &str, labels: &[&str]) -> Definition {
    owned(Body::Enum(Enum {
        name: Name::new("public", name),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
    }))
}

pub fn column(id: u8, name: &str, data_type: &str) -> Column {
    Column {
        id: lineage(id),
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        ..Column::default()
    }
}

pub fn table(name: &str, columns: Vec<Column>) -> Table {
    Table {
        name: Name::new("public", name),
        columns,
        ..Table::default()
    }
}

pub fn unique(column: &str) -> Constraint {
    Constraint {
        kind: ConstraintKind::Unique,
        definition: format!("UNIQUE ({column})"),
        columns: vec![column.to_owned()],
        references: None,
        comment: None,
        inherited: false,
        index: IndexAttributes::default(),
    }
}

pub fn view(name: &str, query: &str, needs: &[ObjectKey]) -> Definition {
    let mut definition = owned(Body::View(View {
        name: Name::new("public", name),
        columns: vec!["x".to_owned()],
        column_types: vec!["integer".to_owned()],
        query: query.to_owned(),
        options: BTreeMap::new(),
        column_comments: BTreeMap::new(),
        column_security_labels: BTreeMap::new(),
        column_defaults: BTreeMap::new(),
        column_acls: BTreeMap::new(),
    }));
    definition.depends_on = needs.to_vec();
    definition
}

pub fn snapshot(objects: impl IntoIterator<Item = (u8, Definition)>) -> Snapshot {
    objects
        .into_iter()
        .map(|(number, definition)| (lineage(number), definition))
        .collect()
}

/// Tables with a few columns each, and views that need tables and other views.
pub fn any_snapshot() -> impl Strategy<Value = Snapshot> {
    let tables = proptest::collection::btree_map(
        0u8..40,
        proptest::collection::btree_map(0u8..200, ("[a-f]{1,3}", any::<bool>()), 0..5),
        0..8,
    );
    let views = proptest::collection::btree_map(
        40u8..80,
        proptest::collection::btree_set(0u8..80, 0..4),
        0..8,
    );
    (tables, views).prop_map(|(tables, views)| {
        let mut objects: BTreeMap<u8, Definition> = tables
            .into_iter()
            .map(|(number, columns)| {
                let mut names = BTreeSet::new();
                let columns = columns
                    .into_iter()
                    .filter(|(_, (name, _))| names.insert(name.clone()))
                    .map(|(id, (name, not_null))| Column {
                        not_null,
                        ..column(id, &name, "integer")
                    })
                    .collect();
                let table = table(&format!("t{number}"), columns);
                (number, owned(Body::Table(table)))
            })
            .collect();
        for (number, needs) in views {
            // Needs point to smaller numbers, so there are no circles.
            let needs: Vec<_> = needs
                .into_iter()
                .filter(|need| *need < number)
                .filter_map(|need| Some(objects.get(&need)?.key()))
                .collect();
            objects.insert(
                number,
                view(&format!("v{number}"), " SELECT 1 AS x", &needs),
            );
        }
        snapshot(objects)
    })
}
