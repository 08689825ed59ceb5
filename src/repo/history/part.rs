//! The parts of an object that are blamed each by itself, and which of them an alteration touches. Pure.

use crate::schema::Alteration;
use crate::schema::change::Part as On;
use crate::schema::model::{Acl, Body, Definition, Lineage, Persistence, ReplicaIdentity, Table};
use std::collections::{BTreeMap, BTreeSet};

/// A part of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Whatever there is of it.
    Whole,
    Name,
    Owner,
    Comment,
    /// A view's query, a routine's text: what is no other part.
    Definition,
    /// Of a table: row security, tablespace and the like.
    Property(&'static str),
    Option(String),
    Column(ColumnId),
    Constraint(String),
    Label(String),
    /// An empty grantee is PUBLIC.
    Grant(Option<ColumnId>, String),
}

/// A column, whatever it is called where it has a lineage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnId {
    Lineage(Lineage),
    Name(String),
}

/// The part as a person knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub part: Part,
    /// `column`, `grant` …
    pub kind: String,
    pub name: String,
}

const PERSISTENCE: &str = "persistence";
const ROW_SECURITY: &str = "row level security";
const REPLICA_IDENTITY: &str = "replica identity";
const PARENT: &str = "parent";
const TYPE: &str = "type";
const TABLESPACE: &str = "tablespace";
const ACCESS_METHOD: &str = "access method";
const CLUSTER: &str = "cluster";
const TRIGGERS: &str = "triggers of the parent";

/// The parts that an object has.
pub fn of(definition: &Definition) -> Vec<Named> {
    let key = definition.key();
    let kind = key.kind.keyword().to_ascii_lowercase();
    let written = key.to_string();
    let own_name = written
        .strip_prefix(&kind)
        .map_or(written.as_str(), str::trim_start);
    let mut parts = vec![Named {
        part: Part::Name,
        name: own_name.to_owned(),
        kind,
    }];
    let mut add = |part: Part, kind: &str, name: &str| {
        parts.push(Named {
            part,
            kind: kind.to_owned(),
            name: name.to_owned(),
        });
    };
    if !definition.owner.is_empty() {
        add(Part::Owner, "owner", &definition.owner);
    }
    if let Some(comment) = &definition.comment {
        add(Part::Comment, "comment", comment);
    }
    let mut options: Vec<&String> = Vec::new();
    match &definition.body {
        Body::Table(table) => {
            for (property, value) in properties(table) {
                add(Part::Property(property), property, &value);
            }
            options.extend(table.options.keys());
            for column in &table.columns {
                let id = ColumnId::Lineage(column.id);
                add(Part::Column(id), "column", &column.name);
            }
            for name in table.constraints.keys() {
                add(Part::Constraint(name.clone()), "constraint", name);
            }
        }
        Body::Composite(composite) => {
            for attribute in &composite.attributes {
                let id = ColumnId::Lineage(attribute.id);
                add(Part::Column(id), "attribute", &attribute.name);
            }
        }
        Body::View(view) => {
            add(Part::Definition, "query", "");
            options.extend(view.options.keys());
            for column in &view.columns {
                add(
                    Part::Column(ColumnId::Name(column.clone())),
                    "column",
                    column,
                );
            }
        }
        Body::MaterializedView(view) => {
            add(Part::Definition, "query", "");
            options.extend(view.options.keys());
            for column in &view.columns {
                add(
                    Part::Column(ColumnId::Name(column.clone())),
                    "column",
                    column,
                );
            }
        }
        Body::Enum(body) => {
            for label in &body.labels {
                add(Part::Label(label.clone()), "label", label);
            }
        }
        Body::Domain(domain) => {
            add(Part::Definition, "definition", "");
            for name in domain.checks.keys() {
                add(Part::Constraint(name.clone()), "constraint", name);
            }
        }
        Body::Schema(_) => {}
        Body::Declared(declared) => {
            add(Part::Definition, "definition", "");
            options.extend(declared.settings.keys());
        }
        _ => add(Part::Definition, "definition", ""),
    }
    for option in options {
        add(Part::Option(option.clone()), "option", option);
    }
    for (column, name, acl) in acls(definition) {
        for (grantee, privileges) in acl
            .iter()
            .filter(|(grantee, _)| **grantee != definition.owner)
        {
            let mut words: Vec<String> = Vec::new();
            for privilege in privileges.keys() {
                words.push(privilege.to_ascii_lowercase());
            }
            let on = name.map_or_else(String::new, |name| format!(" ({name})"));
            let grantee_name = if grantee.is_empty() {
                "public"
            } else {
                grantee
            };
            let text = format!("{}{on} to {grantee_name}", words.join(", "));
            add(Part::Grant(column.clone(), grantee.clone()), "grant", &text);
        }
    }
    parts
}

/// What is said of a table that need not be.
fn properties(table: &Table) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if table.persistence == Persistence::Unlogged {
        found.push((PERSISTENCE, "unlogged".to_owned()));
    }
    if table.row_security || table.force_row_security {
        let forced = if table.force_row_security {
            "forced"
        } else {
            "enabled"
        };
        found.push((ROW_SECURITY, forced.to_owned()));
    }
    match &table.replica_identity {
        ReplicaIdentity::Default => {}
        ReplicaIdentity::Full => found.push((REPLICA_IDENTITY, "full".to_owned())),
        ReplicaIdentity::Nothing => found.push((REPLICA_IDENTITY, "nothing".to_owned())),
        ReplicaIdentity::Index(index) => found.push((REPLICA_IDENTITY, index.clone())),
    }
    if !table.inherits.is_empty() {
        let parents = table.inherits.iter();
        let parents: Vec<String> = parents
            .map(|parent| format!("{}.{}", parent.schema, parent.name))
            .collect();
        found.push((PARENT, parents.join(", ")));
    }
    if let Some(of_type) = &table.of_type {
        found.push((TYPE, format!("{}.{}", of_type.schema, of_type.name)));
    }
    for (property, value) in [
        (TABLESPACE, &table.tablespace),
        (ACCESS_METHOD, &table.access_method),
        (CLUSTER, &table.cluster_on),
    ] {
        found.extend(value.clone().map(|value| (property, value)));
    }
    found
}

/// All privileges of an object, those of columns with their name.
fn acls(definition: &Definition) -> Vec<(Option<ColumnId>, Option<&str>, &Acl)> {
    let mut found = vec![(None, None, &definition.acl)];
    let named = |acls: &'_ BTreeMap<String, Acl>| -> Vec<String> { acls.keys().cloned().collect() };
    match &definition.body {
        Body::Table(table) => found.extend(table.columns.iter().map(|column| {
            let id = ColumnId::Lineage(column.id);
            (Some(id), Some(column.name.as_str()), &column.acl)
        })),
        Body::View(view) => {
            for column in named(&view.column_acls) {
                if let Some((name, acl)) = view.column_acls.get_key_value(&column) {
                    found.push((Some(ColumnId::Name(column)), Some(name), acl));
                }
            }
        }
        Body::MaterializedView(view) => {
            for column in named(&view.column_acls) {
                if let Some((name, acl)) = view.column_acls.get_key_value(&column) {
                    found.push((Some(ColumnId::Name(column)), Some(name), acl));
                }
            }
        }
        _ => {}
    }
    found
}

/// The parts that alterations touch, by what they are `after`; never [`Part::Whole`].
pub fn touched(
    alterations: &[Alteration],
    before: &Definition,
    after: &Definition,
) -> BTreeSet<Part> {
    let mut found = BTreeSet::new();
    for alteration in alterations {
        touch(alteration, before, after, &mut found);
    }
    found
}

fn touch(
    alteration: &Alteration,
    before: &Definition,
    after: &Definition,
    found: &mut BTreeSet<Part>,
) {
    let column = |name: &str| Part::Column(column_id(after, name));
    let part = match alteration {
        Alteration::Rename { .. } | Alteration::SetSchema { .. } => Part::Name,
        Alteration::SetOwner { .. } => Part::Owner,
        Alteration::SetComment { on, .. } | Alteration::SetSecurityLabel { on, .. } => match on {
            On::Object => Part::Comment,
            On::Column(name) => column(name),
            On::Constraint(name) => Part::Constraint(name.clone()),
        },
        Alteration::Grant {
            column, grantee, ..
        }
        | Alteration::Revoke {
            column, grantee, ..
        } => {
            let column = column.as_ref().map(|name| column_id(after, name));
            Part::Grant(column, grantee.clone())
        }
        Alteration::SetOption { name, .. } => Part::Option(name.clone()),
        Alteration::AddColumn { column: added } => column(&added.name),
        Alteration::RenameColumn { to, .. } | Alteration::RenameAttribute { to, .. } => column(to),
        Alteration::AddAttribute { attribute } => column(&attribute.name),
        Alteration::SetAttributeType { attribute, .. } => column(attribute),
        Alteration::SetColumnType { column: name, .. }
        | Alteration::SetGenerated { column: name, .. }
        | Alteration::DropGenerated { column: name, .. }
        | Alteration::AddIdentity { column: name, .. }
        | Alteration::SetIdentity { column: name, .. }
        | Alteration::DropIdentity { column: name }
        | Alteration::SetStorage { column: name, .. }
        | Alteration::SetCompression { column: name, .. }
        | Alteration::SetStatistics { column: name, .. }
        | Alteration::SetColumnOptions { column: name, .. }
        | Alteration::SetNotNull {
            column: Some(name), ..
        }
        | Alteration::DropNotNull {
            column: Some(name), ..
        }
        | Alteration::SetNotNullInherited { column: name, .. }
        | Alteration::SetDefault {
            column: Some(name), ..
        }
        | Alteration::DropDefault { column: Some(name) }
        | Alteration::SetForeignOptions {
            column: Some(name), ..
        } => column(name),
        Alteration::AddConstraint { name, .. }
        | Alteration::AddCheck { name, .. }
        | Alteration::ValidateConstraint { name }
        | Alteration::RenameConstraint { to: name, .. }
        | Alteration::IndexOf {
            constraint: name, ..
        } => Part::Constraint(name.clone()),
        Alteration::AddLabel { label, .. } | Alteration::RenameLabel { to: label, .. } => {
            Part::Label(label.clone())
        }
        Alteration::SetLabels { to, .. } => {
            found.extend(to.iter().cloned().map(Part::Label));
            return;
        }
        Alteration::SetQuery { .. } => {
            let known = columns(before);
            let new = columns(after)
                .into_iter()
                .filter(|one| !known.contains(one));
            found.extend(new.map(|(name, _)| column(name)));
            Part::Definition
        }
        Alteration::SetPersistence { .. } => Part::Property(PERSISTENCE),
        Alteration::SetRowSecurity { .. } | Alteration::ForceRowSecurity { .. } => {
            Part::Property(ROW_SECURITY)
        }
        Alteration::SetReplicaIdentity { .. } => Part::Property(REPLICA_IDENTITY),
        Alteration::Attach { .. } | Alteration::Detach { .. } => Part::Property(PARENT),
        Alteration::SetOfType { .. } => Part::Property(TYPE),
        Alteration::SetTablespace { .. } => Part::Property(TABLESPACE),
        Alteration::SetAccessMethod { .. } => Part::Property(ACCESS_METHOD),
        Alteration::SetCluster { .. } => Part::Property(CLUSTER),
        Alteration::SetClonedTrigger { .. } => Part::Property(TRIGGERS),
        // What is gone is no part any more.
        Alteration::DropColumn { .. }
        | Alteration::DropAttribute { .. }
        | Alteration::DropConstraint { .. }
        | Alteration::DropCheck { .. } => return,
        _ => Part::Definition,
    };
    found.insert(part);
}

fn column_id(definition: &Definition, name: &str) -> ColumnId {
    let id = match &definition.body {
        Body::Table(table) => (table.columns.iter())
            .find(|column| column.name == name)
            .map(|column| column.id),
        Body::Composite(composite) => (composite.attributes.iter())
            .find(|attribute| attribute.name == name)
            .map(|attribute| attribute.id),
        _ => None,
    };
    id.map_or_else(|| ColumnId::Name(name.to_owned()), ColumnId::Lineage)
}

/// A view's columns with their types.
fn columns(definition: &Definition) -> Vec<(&str, Option<&String>)> {
    match &definition.body {
        Body::View(view) => {
            let columns = view.columns.iter().enumerate();
            columns
                .map(|(at, name)| (name.as_str(), view.column_types.get(at)))
                .collect()
        }
        Body::MaterializedView(view) => {
            let columns = view.columns.iter();
            columns.map(|name| (name.as_str(), None)).collect()
        }
        _ => Vec::new(),
    }
}
