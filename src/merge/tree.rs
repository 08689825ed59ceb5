//! A definition as a tree of attributes: the granularity of merging.
//!
//! It is the definition's own JSON, with two differences. Lists of things that have an identity
//! (columns, attributes of a composite type) become maps by that identity; and what means something
//! only together (a view's query and its columns, a constraint's text and its columns) becomes one
//! attribute. `depends_on` is left out: it follows from the rest.

use crate::schema::model::{Body, Definition, Lineage};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// An attribute, or several by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// Merges as a whole.
    Atom(Value),
    /// Merges label by label.
    Labels(Vec<String>),
    /// Merges entry by entry.
    Map(BTreeMap<String, Tree>),
}

impl Tree {
    pub fn value(&self) -> Value {
        match self {
            Self::Atom(value) => value.clone(),
            Self::Labels(labels) => json!(labels),
            Self::Map(map) => map
                .iter()
                .map(|(key, tree)| (key.clone(), tree.value()))
                .collect::<Map<_, _>>()
                .into(),
        }
    }
}

/// Attributes that are one where they stand together, by the kind of object: (attribute, its parts).
fn groups(body: &Body) -> &'static [(&'static str, &'static [&'static str])] {
    match body {
        Body::View(_) | Body::MaterializedView(_) => {
            &[("query", &["query", "columns", "column_types"])]
        }
        Body::Routine(_) => &[(
            "definition",
            &["definition", "signature", "identity_arguments", "procedure"],
        )],
        Body::Index(_) => &[("definition", &["definition", "unique", "columns"])],
        Body::Trigger(_) => &[("definition", &["definition", "columns"])],
        Body::Declared(_) => &[("definition", &["statement", "qualifier", "columns"])],
        // A partition's place and its bound.
        Body::Table(_) => &[("inherits", &["inherits", "bound"])],
        _ => &[],
    }
}

const CONSTRAINT: (&str, &[&str]) = (
    "definition",
    &["definition", "kind", "columns", "references"],
);

/// The attributes of a definition.
pub fn from_definition(definition: &Definition) -> Tree {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(definition) else {
        return Tree::Atom(Value::Null);
    };
    fields.remove("depends_on");
    let mut tree = BTreeMap::new();
    for name in ["acl", "security_labels"] {
        let entries = fields.remove(name).unwrap_or_else(|| json!({}));
        tree.insert(name.to_owned(), deep(entries));
    }
    if let Some(Value::Object(mut body)) = fields.remove("body") {
        for (name, parts) in groups(&definition.body) {
            group(&mut body, name, parts);
        }
        for (name, value) in body {
            let attribute = attribute(&definition.body, &name, value);
            tree.insert(name, attribute);
        }
    }
    tree.extend(
        fields
            .into_iter()
            .map(|(name, value)| (name, Tree::Atom(value))),
    );
    Tree::Map(tree)
}

/// Makes the settings of a declared object one attribute with its statement: they need not go with
/// another one.
pub fn bind_settings(tree: &mut Tree) {
    let Tree::Map(attributes) = tree else {
        return;
    };
    let settings = attributes.remove("settings").map(|tree| tree.value());
    if let Some(Tree::Atom(Value::Object(parts))) = attributes.get_mut("definition") {
        parts.extend(settings.map(|settings| ("settings".to_owned(), settings)));
    }
}

fn attribute(body: &Body, name: &str, value: Value) -> Tree {
    match (body, name, value) {
        (Body::Enum(body), "labels", _) => Tree::Labels(body.labels.clone()),
        (Body::Table(_), "columns", Value::Array(columns))
        | (Body::Composite(_), "attributes", Value::Array(columns)) => {
            Tree::Map(columns.into_iter().filter_map(column).collect())
        }
        (Body::Table(_), "constraints", Value::Object(constraints)) => Tree::Map(
            constraints
                .into_iter()
                .map(|(name, constraint)| (name, constraint_tree(constraint)))
                .collect(),
        ),
        (body, name, value) if groups(body).iter().any(|(group, _)| *group == name) => {
            Tree::Atom(value)
        }
        (_, "table" | "parent" | "of_type", value) => Tree::Atom(value),
        (_, _, value) => deep(value),
    }
}

/// A column by its id.
fn column(column: Value) -> Option<(String, Tree)> {
    let Value::Object(mut fields) = column else {
        return None;
    };
    let Some(Value::String(id)) = fields.remove("id") else {
        return None;
    };
    for name in ["acl", "security_labels"] {
        fields.entry(name).or_insert_with(|| json!({}));
    }
    let constraint = not_null(&mut fields);
    let fields = fields.into_iter().map(|(name, value)| {
        let tree = match name.as_str() {
            "acl" | "security_labels" | "identity" | "options" | "foreign_options" => deep(value),
            _ => Tree::Atom(value),
        };
        (name, tree)
    });
    let fields = fields.chain(constraint.map(|tree| ("not_null".to_owned(), tree)));
    Some((id, Tree::Map(fields.collect())))
}

/// What is said of a column's `NOT NULL`: there where there is one, and gone with it.
fn not_null(fields: &mut Map<String, Value>) -> Option<Tree> {
    let parts: BTreeMap<String, Tree> = NOT_NULL
        .iter()
        .filter_map(|part| fields.remove_entry(*part))
        .map(|(name, value)| (name, deep(value)))
        .collect();
    let is_there = fields.remove("not_null") == Some(Value::Bool(true));
    is_there.then_some(Tree::Map(parts))
}

fn constraint_tree(constraint: Value) -> Tree {
    match constraint {
        Value::Object(mut fields) => {
            group(&mut fields, CONSTRAINT.0, CONSTRAINT.1);
            Tree::Map(
                fields
                    .into_iter()
                    .map(|(name, value)| match name.as_str() {
                        "index" => (name, deep(value)),
                        _ => (name, Tree::Atom(value)),
                    })
                    .collect(),
            )
        }
        other => Tree::Atom(other),
    }
}

/// Attributes of a column's `NOT NULL`.
const NOT_NULL: [&str; 3] = ["not_null_name", "not_null_terms", "not_null_comment"];

fn deep(value: Value) -> Tree {
    match value {
        Value::Object(fields) => Tree::Map(
            fields
                .into_iter()
                .map(|(name, value)| (name, deep(value)))
                .collect(),
        ),
        other => Tree::Atom(other),
    }
}

fn group(fields: &mut Map<String, Value>, name: &str, parts: &[&str]) {
    let grouped: Map<String, Value> = parts
        .iter()
        .filter_map(|part| fields.remove_entry(*part))
        .collect();
    fields.insert(name.to_owned(), grouped.into());
}

/// Columns and attributes by id, as [`to_definition`] is to order them.
pub type Order = Vec<Lineage>;

/// The definition that `tree` describes, for an object of the kind of `like`. `None` if the attributes
/// do not make up a definition.
pub fn to_definition(tree: &Tree, like: &Body, order: &Order) -> Option<Definition> {
    let Value::Object(mut fields) = tree.value() else {
        return None;
    };
    let mut top = Map::new();
    for name in ["owner", "acl", "comment", "security_labels"] {
        if let Some((name, value)) = fields.remove_entry(name) {
            top.insert(name, value);
        }
    }
    for (name, _) in groups(like) {
        ungroup(&mut fields, name);
    }
    for name in ["columns", "attributes"] {
        if let Some(Value::Object(by_id)) = fields.get_mut(name) {
            if name == "columns" {
                by_id.values_mut().for_each(put_not_null_back);
            }
            let listed = list(std::mem::take(by_id), order);
            fields.insert(name.to_owned(), listed);
        }
    }
    if let Some(Value::Object(constraints)) = fields.get_mut("constraints") {
        for constraint in constraints.values_mut() {
            if let Value::Object(fields) = constraint {
                ungroup(fields, CONSTRAINT.0);
            }
        }
    }
    top.insert("body".to_owned(), fields.into());
    serde_json::from_value(Value::Object(top)).ok()
}

fn ungroup(fields: &mut Map<String, Value>, name: &str) {
    if let Some(Value::Object(parts)) = fields.remove(name) {
        fields.extend(parts);
    }
}

fn put_not_null_back(column: &mut Value) {
    if let Value::Object(fields) = column {
        let parts = fields.remove("not_null");
        fields.insert("not_null".to_owned(), parts.is_some().into());
        if let Some(Value::Object(parts)) = parts {
            fields.extend(parts);
        }
    }
}

fn list(mut by_id: Map<String, Value>, order: &Order) -> Value {
    let mut listed = Vec::new();
    for id in order {
        if let Some((id, Value::Object(mut fields))) = by_id.remove_entry(&id.to_string()) {
            fields.insert("id".to_owned(), id.into());
            listed.push(Value::Object(fields));
        }
    }
    listed.into()
}

/// An attribute's path as a person names it: `column email type`, `constraint users_pkey`,
/// `grant SELECT to PUBLIC`. `column` names a column by its id.
pub fn describe<'a>(path: &[String], column: impl Fn(&str) -> &'a str) -> String {
    let mut words: Vec<&str> = Vec::new();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let path = path.strip_prefix(&["settings"]).unwrap_or(&path);
    let rest = match path {
        [] => return "definition".to_owned(),
        ["columns", id, rest @ ..] => {
            words.extend(["column", column(id)]);
            rest
        }
        ["attributes", id, rest @ ..] => {
            words.extend(["attribute", column(id)]);
            rest
        }
        ["constraints" | "checks", name, rest @ ..] => {
            words.extend(["constraint", *name]);
            match rest {
                ["definition"] => &[],
                rest => rest,
            }
        }
        ["options", rest @ ..] => {
            words.push("option");
            rest
        }
        ["column_comments", name] => return format!("column {name} comment"),
        ["column_security_labels", name, rest @ ..] => {
            words.extend(["column", *name, "security label"]);
            rest
        }
        ["column_acls", name, rest @ ..] => {
            words.extend(["column", *name, "grant"]);
            words.extend(rest);
            return words.join(" ");
        }
        ["column_statistics", name] => return format!("column {name} statistics"),
        ["cloned_triggers", name] => return format!("trigger {name}"),
        ["inherits"] => &["parent"],
        ["column_defaults", name] => return format!("column {name} default"),
        rest => rest,
    };
    match rest {
        ["acl", grantee, privileges @ ..] => {
            words.push("grant");
            words.extend(privileges);
            words.push("to");
            words.push(if grantee.is_empty() {
                "PUBLIC"
            } else {
                grantee
            });
            return words.join(" ");
        }
        ["security_labels", rest @ ..] => {
            words.push("security label");
            words.extend(rest);
        }
        ["data_type"] => words.push("type"),
        ["not_null"] => words.push("not null"),
        ["not_null", "not_null_name"] => words.push("not null name"),
        ["not_null", "not_null_terms", "no_inherit"] => words.push("not null inheritance"),
        ["not_null", "not_null_terms", ..] => words.push("not null validation"),
        ["not_null", "not_null_comment"] => words.push("not null comment"),
        ["identity", "options", option @ ..] => {
            words.push("identity");
            words.extend(option);
        }
        rest => words.extend(rest),
    }
    words.join(" ")
}
