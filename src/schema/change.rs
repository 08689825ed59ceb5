//! What differs between two snapshots, in the words of `ALTER`.
//!
//! [`super::diff`] finds changes, [`super::render`] turns them into DDL, and people read them in
//! `PGGIT DIFF`: every [`Alteration`] has a sentence for people and JSON for programs.

use super::model::{
    Attribute, Column, Constraint, Generated, Identity, Lineage, Name, NotNullTerms, ObjectKey,
    OwnedBy, Persistence, ReplicaIdentity, SequenceOptions, TriggerState,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// One object that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub lineage: Lineage,
    /// The object's name afterwards; of a dropped one, before.
    pub key: ObjectKey,
    #[serde(flatten)]
    pub kind: ChangeKind,
}

/// How an object differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", content = "alterations", rename_all = "snake_case")]
pub enum ChangeKind {
    Create,
    Drop,
    Alter(Vec<Alteration>),
}

/// The part of an object that a comment or a security label is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "part", content = "name", rename_all = "snake_case")]
pub enum Part {
    Object,
    Column(String),
    Constraint(String),
}

/// One difference between two definitions of the same object.
///
/// Columns, constraints and attributes go by the name they have afterwards, dropped ones by the name
/// they had. Where `column` is `None`, a domain itself is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Alteration {
    Rename {
        from: String,
        to: String,
    },
    SetSchema {
        from: String,
        to: String,
    },
    SetOwner {
        from: String,
        to: String,
    },
    SetComment {
        on: Part,
        text: Option<String>,
    },
    SetSecurityLabel {
        on: Part,
        provider: String,
        label: Option<String>,
    },
    /// `column` is `None` for a grant on the whole object; an empty grantee is PUBLIC.
    Grant {
        column: Option<String>,
        grantee: String,
        privileges: Vec<String>,
        grantable: bool,
    },
    Revoke {
        column: Option<String>,
        grantee: String,
        privileges: Vec<String>,
        /// Only the right to grant on is taken.
        grant_option_only: bool,
    },
    /// A storage parameter or a view's option; `None` resets it.
    SetOption {
        name: String,
        value: Option<String>,
    },
    SetPersistence {
        to: Persistence,
    },

    AddColumn {
        column: Box<Column>,
    },
    DropColumn {
        name: String,
    },
    RenameColumn {
        from: String,
        to: String,
    },
    SetColumnType {
        column: String,
        from: String,
        to: String,
        /// The collation afterwards, as SQL writes it, where it is not the type's own.
        collation: Option<String>,
    },
    SetNotNull {
        column: Option<String>,
        /// The constraint's, where it is not the default one.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(skip_serializing_if = "NotNullTerms::is_default")]
        terms: NotNullTerms,
    },
    DropNotNull {
        column: Option<String>,
        /// What it was like.
        #[serde(skip_serializing_if = "NotNullTerms::is_default")]
        terms: NotNullTerms,
    },
    /// Whether a table's children have the `NOT NULL`, too.
    SetNotNullInherited {
        column: String,
        /// The constraint's.
        name: String,
        inherited: bool,
    },
    SetDefault {
        column: Option<String>,
        expression: String,
    },
    DropDefault {
        column: Option<String>,
    },
    SetGenerated {
        column: String,
        generated: Generated,
    },
    /// The column stays, as an ordinary one.
    DropGenerated {
        column: String,
        /// How it was generated.
        stored: bool,
    },
    AddIdentity {
        column: String,
        identity: Identity,
    },
    SetIdentity {
        column: String,
        from: Identity,
        to: Identity,
    },
    DropIdentity {
        column: String,
    },
    SetStorage {
        column: String,
        storage: Option<String>,
    },
    SetCompression {
        column: String,
        method: Option<String>,
    },
    SetStatistics {
        column: String,
        target: Option<i32>,
    },

    AddConstraint {
        name: String,
        constraint: Constraint,
    },
    DropConstraint {
        name: String,
        constraint: Constraint,
    },
    RenameConstraint {
        from: String,
        to: String,
    },
    ValidateConstraint {
        name: String,
    },
    SetRowSecurity {
        enabled: bool,
    },
    ForceRowSecurity {
        forced: bool,
    },
    SetReplicaIdentity {
        to: ReplicaIdentity,
    },
    /// The table becomes a partition of `parent`, with that bound, or a child of it, without one.
    Attach {
        parent: Name,
        bound: Option<String>,
    },
    /// The table stops being a partition or a child of `parent`.
    Detach {
        parent: Name,
        partition: bool,
    },
    SetOfType {
        to: Option<Name>,
    },
    /// `None` is the database's own.
    SetTablespace {
        to: Option<String>,
    },
    /// `None` is `heap`.
    SetAccessMethod {
        to: Option<String>,
    },
    SetCluster {
        index: Option<String>,
    },
    /// A column's `n_distinct` and the like.
    SetColumnOptions {
        column: String,
        from: BTreeMap<String, String>,
        to: BTreeMap<String, String>,
    },
    /// A foreign table's options, or a column's of it.
    SetForeignOptions {
        column: Option<String>,
        from: BTreeMap<String, String>,
        to: BTreeMap<String, String>,
    },
    /// A partition's trigger that its parent gives it.
    SetClonedTrigger {
        trigger: String,
        to: Option<TriggerState>,
    },
    /// Something about the index behind a constraint.
    IndexOf {
        constraint: String,
        alteration: Box<Alteration>,
    },
    /// The index becomes part of one of a partitioned table.
    SetIndexParent {
        to: Option<Name>,
    },

    /// `before` is the label that follows it; `None` appends it.
    AddLabel {
        label: String,
        before: Option<String>,
    },
    RenameLabel {
        from: String,
        to: String,
    },
    /// Labels were removed or reordered.
    SetLabels {
        from: Vec<String>,
        to: Vec<String>,
    },
    SetBaseType {
        from: String,
        to: String,
    },
    AddCheck {
        name: String,
        definition: String,
    },
    DropCheck {
        name: String,
    },
    AddAttribute {
        attribute: Attribute,
    },
    DropAttribute {
        name: String,
    },
    RenameAttribute {
        from: String,
        to: String,
    },
    SetAttributeType {
        attribute: String,
        from: String,
        to: String,
        collation: Option<String>,
    },
    SetSequenceOptions {
        from: SequenceOptions,
        to: SequenceOptions,
    },
    SetOwnedBy {
        to: Option<OwnedBy>,
    },

    /// A view's query, as it is afterwards.
    SetQuery {
        query: String,
    },
    /// The definition of an index, a routine or a trigger, as it is afterwards.
    SetDefinition {
        definition: String,
    },
    /// A routine's signature: it becomes another routine.
    SetSignature {
        from: String,
        to: String,
    },
    SetTriggerState {
        to: TriggerState,
    },
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object => Ok(()),
            Self::Column(name) => write!(f, " on column {name}"),
            Self::Constraint(name) => write!(f, " on constraint {name}"),
        }
    }
}

/// `on email`, or nothing for a domain itself.
struct OnColumn<'a>(&'a Option<String>);

impl fmt::Display for OnColumn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(column) => write!(f, " on {column}"),
            None => Ok(()),
        }
    }
}

struct TriggerStateOf<'a>(&'a str, TriggerState);

impl fmt::Display for TriggerStateOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(trigger, state) = self;
        match state {
            TriggerState::Origin => write!(f, "enable trigger {trigger}"),
            TriggerState::Disabled => write!(f, "disable trigger {trigger}"),
            TriggerState::Replica => write!(f, "enable trigger {trigger} on replicas"),
            TriggerState::Always => write!(f, "enable trigger {trigger} always"),
        }
    }
}

fn column_of_grant(column: Option<&String>) -> String {
    column.map_or_else(String::new, |column| format!(" ({column})"))
}

fn grantee_name(grantee: &str) -> &str {
    if grantee.is_empty() {
        "public"
    } else {
        grantee
    }
}

/// As a person says it: `add column email text`, `rename column name to full_name`.
impl fmt::Display for Alteration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rename { from, to } => write!(f, "rename {from} to {to}"),
            Self::SetSchema { from, to } => write!(f, "move from schema {from} to {to}"),
            Self::SetOwner { to, .. } => write!(f, "set owner to {to}"),
            Self::SetComment {
                on,
                text: Some(text),
            } => write!(f, "comment{on}: {text}"),
            Self::SetComment { on, text: None } => write!(f, "drop comment{on}"),
            Self::SetSecurityLabel {
                on,
                provider,
                label: Some(label),
            } => write!(f, "security label{on} for {provider}: {label}"),
            Self::SetSecurityLabel {
                on,
                provider,
                label: None,
            } => write!(f, "drop security label{on} for {provider}"),
            Self::Grant {
                column,
                grantee,
                privileges,
                grantable,
            } => write!(
                f,
                "grant {}{} to {}{}",
                privileges.join(", ").to_ascii_lowercase(),
                column_of_grant(column.as_ref()),
                grantee_name(grantee),
                if *grantable { " with grant option" } else { "" }
            ),
            Self::Revoke {
                column,
                grantee,
                privileges,
                grant_option_only,
            } => write!(
                f,
                "revoke {}{}{} from {}",
                if *grant_option_only {
                    "grant option for "
                } else {
                    ""
                },
                privileges.join(", ").to_ascii_lowercase(),
                column_of_grant(column.as_ref()),
                grantee_name(grantee),
            ),
            Self::SetOption {
                name,
                value: Some(value),
            } => write!(f, "set {name} = {value}"),
            Self::SetOption { name, value: None } => write!(f, "reset {name}"),
            Self::SetPersistence { to } => f.write_str(match to {
                Persistence::Permanent => "set logged",
                Persistence::Unlogged => "set unlogged",
            }),
            Self::AddColumn { column } => {
                write!(f, "add column {} {}", column.name, column.data_type)?;
                if column.not_null {
                    f.write_str(" not null")?;
                }
                if let Some(default) = &column.default {
                    write!(f, " default {default}")?;
                }
                if let Some(generated) = &column.generated {
                    write!(f, " generated always as ({})", generated.expression)?;
                }
                if column.identity.is_some() {
                    f.write_str(" generated as identity")?;
                }
                Ok(())
            }
            Self::DropColumn { name } => write!(f, "drop column {name}"),
            Self::RenameColumn { from, to } => write!(f, "rename column {from} to {to}"),
            Self::SetColumnType {
                column,
                from,
                to,
                collation,
            } => {
                write!(f, "change type of {column} from {from} to {to}")?;
                if let Some(collation) = collation {
                    write!(f, " collate {collation}")?;
                }
                Ok(())
            }
            Self::SetNotNull { column, terms, .. } => {
                write!(f, "set not null{}", OnColumn(column))?;
                if terms.no_inherit {
                    f.write_str(" alone")?;
                }
                if terms.not_valid {
                    f.write_str(" for new rows")?;
                }
                Ok(())
            }
            Self::SetNotNullInherited {
                column, inherited, ..
            } => write!(
                f,
                "{} not null of {column} to children",
                if *inherited {
                    "extend"
                } else {
                    "stop extending"
                }
            ),
            Self::DropNotNull { column, .. } => write!(f, "drop not null{}", OnColumn(column)),
            Self::SetDefault { column, expression } => {
                write!(f, "set default{} to {expression}", OnColumn(column))
            }
            Self::DropDefault { column } => write!(f, "drop default{}", OnColumn(column)),
            Self::SetGenerated { column, generated } => write!(
                f,
                "generate {column} always as ({}) {}",
                generated.expression,
                if generated.stored {
                    "stored"
                } else {
                    "virtual"
                }
            ),
            Self::DropGenerated { column, .. } => write!(f, "stop generating {column}"),
            Self::AddIdentity { column, .. } => write!(f, "add identity to {column}"),
            Self::SetIdentity { column, .. } => write!(f, "change identity of {column}"),
            Self::DropIdentity { column } => write!(f, "drop identity of {column}"),
            Self::SetStorage { column, storage } => write!(
                f,
                "set storage of {column} to {}",
                storage.as_deref().unwrap_or("default")
            ),
            Self::SetCompression { column, method } => write!(
                f,
                "set compression of {column} to {}",
                method.as_deref().unwrap_or("default")
            ),
            Self::SetStatistics { column, target } => match target {
                Some(target) => write!(f, "set statistics of {column} to {target}"),
                None => write!(f, "reset statistics of {column}"),
            },
            Self::AddConstraint { name, constraint } => {
                write!(f, "add constraint {name} {}", constraint.definition)
            }
            Self::DropConstraint { name, .. } | Self::DropCheck { name } => {
                write!(f, "drop constraint {name}")
            }
            Self::RenameConstraint { from, to } => write!(f, "rename constraint {from} to {to}"),
            Self::ValidateConstraint { name } => write!(f, "validate constraint {name}"),
            Self::SetRowSecurity { enabled: true } => f.write_str("enable row level security"),
            Self::SetRowSecurity { enabled: false } => f.write_str("disable row level security"),
            Self::ForceRowSecurity { forced: true } => f.write_str("force row level security"),
            Self::ForceRowSecurity { forced: false } => f.write_str("no force row level security"),
            Self::SetReplicaIdentity { to } => match to {
                ReplicaIdentity::Default => f.write_str("set replica identity default"),
                ReplicaIdentity::Full => f.write_str("set replica identity full"),
                ReplicaIdentity::Nothing => f.write_str("set replica identity nothing"),
                ReplicaIdentity::Index(index) => {
                    write!(f, "set replica identity using index {index}")
                }
            },
            Self::Attach {
                parent,
                bound: Some(bound),
            } => write!(f, "attach to {}.{} {bound}", parent.schema, parent.name),
            Self::Attach {
                parent,
                bound: None,
            } => write!(f, "inherit {}.{}", parent.schema, parent.name),
            Self::Detach { parent, partition } => {
                f.write_str(if *partition {
                    "detach from"
                } else {
                    "no inherit"
                })?;
                write!(f, " {}.{}", parent.schema, parent.name)
            }
            Self::SetOfType { to: Some(to) } => write!(f, "of type {}.{}", to.schema, to.name),
            Self::SetOfType { to: None } => f.write_str("not of a type"),
            Self::SetTablespace { to } => write!(
                f,
                "set tablespace {}",
                to.as_deref().unwrap_or("pg_default")
            ),
            Self::SetAccessMethod { to } => {
                write!(f, "set access method {}", to.as_deref().unwrap_or("heap"))
            }
            Self::SetCluster { index: Some(index) } => write!(f, "cluster on {index}"),
            Self::SetCluster { index: None } => f.write_str("set without cluster"),
            Self::SetColumnOptions { column, to, .. } => {
                let each: Vec<_> = (to.iter())
                    .map(|(name, value)| format!("{name} = {value}"))
                    .collect();
                write!(f, "set ({}) on {column}", each.join(", "))
            }
            Self::SetForeignOptions { column, .. } => {
                write!(f, "change options{}", OnColumn(column))
            }
            Self::SetClonedTrigger { trigger, to } => match to {
                Some(to) => write!(f, "{}", TriggerStateOf(trigger, *to)),
                None => write!(f, "trigger {trigger} as its parent's"),
            },
            Self::IndexOf {
                constraint,
                alteration,
            } => write!(f, "index of constraint {constraint}: {alteration}"),
            Self::SetIndexParent { to: Some(to) } => {
                write!(f, "attach to {}.{}", to.schema, to.name)
            }
            Self::SetIndexParent { to: None } => f.write_str("part of no index"),
            Self::AddLabel { label, before } => match before {
                Some(before) => write!(f, "add label {label} before {before}"),
                None => write!(f, "add label {label}"),
            },
            Self::RenameLabel { from, to } => write!(f, "rename label {from} to {to}"),
            Self::SetLabels { to, .. } => write!(f, "set labels to {}", to.join(", ")),
            Self::SetBaseType { from, to } => write!(f, "change base type from {from} to {to}"),
            Self::AddCheck { name, definition } => write!(f, "add constraint {name} {definition}"),
            Self::AddAttribute { attribute } => {
                write!(
                    f,
                    "add attribute {} {}",
                    attribute.name, attribute.data_type
                )
            }
            Self::DropAttribute { name } => write!(f, "drop attribute {name}"),
            Self::RenameAttribute { from, to } => write!(f, "rename attribute {from} to {to}"),
            Self::SetAttributeType {
                attribute,
                from,
                to,
                ..
            } => write!(f, "change type of {attribute} from {from} to {to}"),
            Self::SetSequenceOptions { from, to } => {
                f.write_str("set")?;
                let mut separator = " ";
                for (word, old, new) in from.differences(to) {
                    write!(f, "{separator}{word} from {old} to {new}")?;
                    separator = ", ";
                }
                Ok(())
            }
            Self::SetOwnedBy { to: Some(owner) } => write!(
                f,
                "set owned by {}.{}.{}",
                owner.table.schema, owner.table.name, owner.column
            ),
            Self::SetOwnedBy { to: None } => f.write_str("set owned by none"),
            Self::SetQuery { .. } => f.write_str("change query"),
            Self::SetDefinition { .. } => f.write_str("change definition"),
            Self::SetSignature { from, to } => write!(f, "change signature from {from} to {to}"),
            Self::SetTriggerState { to } => f.write_str(match to {
                TriggerState::Origin => "enable trigger",
                TriggerState::Disabled => "disable trigger",
                TriggerState::Replica => "enable trigger on replicas",
                TriggerState::Always => "enable trigger always",
            }),
        }
    }
}

impl SequenceOptions {
    /// The options that differ from `other`'s: word, own value, other's value.
    pub fn differences(&self, other: &Self) -> Vec<(&'static str, String, String)> {
        [
            ("type", self.data_type.clone(), other.data_type.clone()),
            ("start", self.start.to_string(), other.start.to_string()),
            (
                "increment",
                self.increment.to_string(),
                other.increment.to_string(),
            ),
            ("minimum", self.min.to_string(), other.min.to_string()),
            ("maximum", self.max.to_string(), other.max.to_string()),
            ("cache", self.cache.to_string(), other.cache.to_string()),
            ("cycle", self.cycle.to_string(), other.cycle.to_string()),
        ]
        .into_iter()
        .filter(|(_, own, others)| own != others)
        .collect()
    }
}
