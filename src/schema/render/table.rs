//! Tables.

use super::scope::TableScope;
use super::script::{Script, relation, set_option, target, with_options, words};
use super::step::Hazard;
use super::{column, index, ties};
use crate::schema::change::{Alteration, Part};
use crate::schema::diff::overrides;
use crate::schema::model::{
    Column, Constraint, ConstraintKind, Definition, Lineage, Name, Persistence, ReplicaIdentity,
    Table,
};
use crate::schema::quote::{qualified, quote_identifier};
use crate::schema::snapshot::Snapshot;
use crate::schema::token::mentions;
use std::collections::BTreeSet;

/// What of a table or a domain is made only when everything else is there, because it speaks of something that
/// itself needs it.
#[derive(Debug, Default)]
pub(super) struct Deferred {
    pub names: Vec<String>,
}

impl Deferred {
    pub fn defers(&self, text: &str) -> bool {
        self.names.iter().any(|name| mentions(text, name))
    }

    fn default_of<'a>(&self, column: &'a Column) -> Option<&'a String> {
        column.default.as_ref().filter(|text| self.defers(text))
    }

    fn defers_constraint(&self, constraint: &Constraint) -> bool {
        constraint.kind == ConstraintKind::Foreign || self.defers(&constraint.definition)
    }
}

/// Makes the table with its columns and its constraints, but for what is deferred and for foreign keys; `is_within`
/// names those among them that the table is made with.
///
/// A partition is made as a table by itself and attached at the end; a child of other tables, `parents`, with
/// what is its own.
pub(super) fn create(
    script: &mut Script<'_>,
    definition: &Definition,
    table: &Table,
    parents: &[&Table],
    deferred: &Deferred,
    is_within: &dyn Fn(&str, &Constraint) -> bool,
) {
    let own_columns = || table.columns.iter().filter(|column| !column.inherited);
    let mut lines: Vec<_> = own_columns()
        .map(|column| {
            let with_default = deferred.default_of(column).is_none();
            column::specification(script.options, &table.name, column, with_default)
        })
        .collect();
    let mut constraints: Vec<_> = table
        .constraints
        .iter()
        .filter(|(_, constraint)| !constraint.inherited)
        .filter(|(name, constraint)| {
            !deferred.defers_constraint(constraint) || is_within(name, constraint)
        })
        .collect();
    constraints.sort_by_key(|(name, constraint)| (constraint.kind, *name));
    // Inside CREATE TABLE, NOT VALID would be ignored, and so would the second of two keys of the same columns.
    let mut keys = BTreeSet::new();
    let (apart, within): (Vec<_>, Vec<_>) = constraints.into_iter().partition(|(_, constraint)| {
        constraint.definition.ends_with(" NOT VALID")
            || key_parameters(constraint).is_some_and(|parameters| !keys.insert(parameters))
    });
    lines.extend(within.iter().map(|(name, constraint)| {
        format!(
            "CONSTRAINT {} {}",
            quote_identifier(name),
            stored_constraint(constraint)
        )
    }));
    let what = match (&table.foreign, table.persistence) {
        (Some(_), _) => "FOREIGN TABLE",
        (None, Persistence::Permanent) => "TABLE",
        (None, Persistence::Unlogged) => "UNLOGGED TABLE",
    };
    let body = if lines.is_empty() {
        "()".to_owned()
    } else {
        format!("(\n    {}\n)", lines.join(",\n    "))
    };
    script.push(
        &definition.key(),
        &[],
        format!(
            "CREATE {what} {} {body}{}",
            qualified(&table.name),
            clauses(table)
        ),
    );
    let parents = if ties::is_made_alone(table) {
        &[]
    } else {
        parents
    };
    for alteration in overrides(parents, table) {
        if !column::alter(script, definition, &table.name, &alteration) {
            script.shared_alteration(definition, &alteration);
        }
    }
    for (name, constraint) in &apart {
        add_constraint(script, definition, name, constraint, &[]);
    }
    for (name, constraint) in &within {
        constraint_properties(script, definition, name, constraint);
    }
    for column in own_columns() {
        column::properties(script, definition, column);
    }
    if table.row_security {
        row_security(script, definition, "ENABLE", &[]);
    }
    if table.force_row_security {
        row_security(script, definition, "FORCE", &[]);
    }
    script.properties(definition);
    for column in &table.columns {
        script.column_privileges(definition, &column.name, &column.acl);
    }
}

/// What stands behind the columns of `CREATE TABLE`.
fn clauses(table: &Table) -> String {
    let mut text = String::new();
    if !table.inherits.is_empty() && !ties::is_made_alone(table) {
        let parents: Vec<_> = table.inherits.iter().map(qualified).collect();
        text.push_str(" INHERITS (");
        text.push_str(&parents.join(", "));
        text.push(')');
    }
    if let Some(foreign) = &table.foreign {
        text.push_str(&words(" SERVER ", Some(&foreign.server)));
        if !foreign.options.is_empty() {
            text.push_str(" OPTIONS ");
            text.push_str(&column::foreign_options(&foreign.options));
        }
    }
    if let Some(key) = &table.partition_by {
        text.push_str(" PARTITION BY ");
        text.push_str(key);
    }
    text.push_str(&words(" USING ", table.access_method.as_deref()));
    text.push_str(&with_options(&table.options));
    text.push_str(&words(" TABLESPACE ", table.tablespace.as_deref()));
    text
}

fn stored_constraint(constraint: &Constraint) -> String {
    index::stored(
        &constraint.definition,
        &constraint.index,
        "USING INDEX TABLESPACE",
    )
}

/// What a primary key or a unique constraint is made of: `(a, b) INCLUDE (c)`.
fn key_parameters(constraint: &Constraint) -> Option<&str> {
    let keyword = match constraint.kind {
        ConstraintKind::Primary => "PRIMARY KEY ",
        ConstraintKind::Unique => "UNIQUE ",
        _ => return None,
    };
    constraint.definition.strip_prefix(keyword)
}

/// What [`create`] left out, but for foreign keys.
pub(super) fn complete(
    script: &mut Script<'_>,
    definition: &Definition,
    table: &Table,
    deferred: &Deferred,
) {
    for column in &table.columns {
        if let Some(default) = deferred.default_of(column) {
            let action = format!("SET DEFAULT {default}");
            column::action(script, definition, &column.name, &[], &action);
        }
    }
    for (name, constraint) in &table.constraints {
        if constraint.kind != ConstraintKind::Foreign && deferred.defers_constraint(constraint) {
            add_constraint(script, definition, name, constraint, &[]);
        }
    }
}

fn row_security(script: &mut Script<'_>, definition: &Definition, verb: &str, hazards: &[Hazard]) {
    script.push(
        &definition.key(),
        hazards,
        format!("ALTER {} {verb} ROW LEVEL SECURITY", target(definition)),
    );
}

pub(super) fn add_constraint(
    script: &mut Script<'_>,
    definition: &Definition,
    name: &str,
    constraint: &Constraint,
    hazards: &[Hazard],
) {
    // Each partition is given its own key, and its index is attached at the end.
    let only = has_index(constraint)
        && (definition.as_table()).is_some_and(|table| table.partition_by.is_some());
    let table = if only {
        format!("TABLE ONLY {}", relation(definition))
    } else {
        target(definition)
    };
    script.push(
        &definition.key(),
        hazards,
        format!(
            "ALTER {table} ADD CONSTRAINT {} {}",
            quote_identifier(name),
            stored_constraint(constraint)
        ),
    );
    constraint_properties(script, definition, name, constraint);
}

fn has_index(constraint: &Constraint) -> bool {
    !matches!(
        constraint.kind,
        ConstraintKind::Check | ConstraintKind::Foreign
    )
}

fn constraint_properties(
    script: &mut Script<'_>,
    definition: &Definition,
    name: &str,
    constraint: &Constraint,
) {
    if let Some(comment) = &constraint.comment {
        script.comment(
            definition,
            &Part::Constraint(name.to_owned()),
            Some(comment),
        );
    }
    if has_index(constraint) {
        let key = definition.key();
        let index = Name::new(key.schema.as_str(), name);
        index::properties(script, &key, &index, &constraint.index);
    }
}

/// What to know before a constraint is added to a table with rows.
pub(super) fn constraint_hazards(constraint: &Constraint) -> &'static [Hazard] {
    match constraint.kind {
        _ if constraint.definition.ends_with(" NOT VALID") => &[],
        ConstraintKind::Primary | ConstraintKind::Unique | ConstraintKind::Exclusion => &[
            Hazard::AcquiresAccessExclusiveLock,
            Hazard::IndexBuild,
            Hazard::Correctness,
        ],
        ConstraintKind::Check => &[Hazard::AcquiresAccessExclusiveLock, Hazard::Correctness],
        ConstraintKind::Foreign => &[Hazard::AcquiresShareLock, Hazard::Correctness],
    }
}

pub(super) fn drop_constraint(
    script: &mut Script<'_>,
    definition: &Definition,
    name: &str,
    constraint: &Constraint,
) {
    let hazards: &[Hazard] = match constraint.kind {
        ConstraintKind::Primary | ConstraintKind::Unique | ConstraintKind::Exclusion => {
            &[Hazard::IndexDropped]
        }
        _ => &[],
    };
    script.push(
        &definition.key(),
        hazards,
        format!(
            "ALTER {} DROP CONSTRAINT {}",
            target(definition),
            quote_identifier(name)
        ),
    );
}

pub(super) fn drop_column(
    script: &mut Script<'_>,
    definition: &Definition,
    column: &Column,
    stays_in_child: bool,
    hazards: &[Hazard],
) {
    let table = if stays_in_child {
        format!("TABLE ONLY {}", relation(definition))
    } else {
        target(definition)
    };
    script.push(
        &definition.key(),
        hazards,
        format!(
            "ALTER {table} DROP COLUMN {}",
            quote_identifier(&column.name)
        ),
    );
}

/// Two definitions of one table, and what of it makes way.
pub(super) struct Altered<'a> {
    /// The schema that the table will be in.
    pub to: &'a Snapshot,
    pub lineage: Lineage,
    pub definition: &'a Definition,
    pub old: &'a Table,
    pub new: &'a Table,
    pub scope: &'a TableScope,
    pub alterations: &'a [Alteration],
}

impl Altered<'_> {
    /// Alters everything but names, foreign keys, the replica identity, and what is dropped at the start
    /// or the end of the migration.
    pub fn render(&self, script: &mut Script<'_>, deferred: &Deferred) {
        let own: Vec<_> = self
            .alterations
            .iter()
            .filter(|alteration| !self.is_done_otherwise(alteration))
            .collect();
        for alteration in own.iter().filter(|one| column::is_preparation(one)) {
            column::alter(script, self.definition, &self.new.name, alteration);
        }
        // What is generated follows from the other columns as they shall be.
        self.add_columns(script, deferred, |column| column.generated.is_none());
        self.retype(script);
        self.add_columns(script, deferred, |column| column.generated.is_some());
        // An identity column must be NOT NULL first.
        for wants_identity in [false, true] {
            for alteration in own.iter().filter(|one| !column::is_preparation(one)) {
                if matches!(alteration, Alteration::AddIdentity { .. }) == wants_identity {
                    column::alter(script, self.definition, &self.new.name, alteration);
                }
            }
        }
        // A key wants NOT NULL to be valid.
        let (validations, rest): (Vec<_>, Vec<_>) = own
            .into_iter()
            .partition(|one| matches!(one, Alteration::ValidateConstraint { .. }));
        for alteration in validations {
            self.table_alteration(script, alteration);
        }
        self.add_constraints(script, deferred);
        for alteration in rest {
            self.table_alteration(script, alteration);
        }
    }

    /// Alterations of columns that are made anew, and defaults that are set with a new type.
    fn is_done_otherwise(&self, alteration: &Alteration) -> bool {
        let id = |name: &String| {
            let column = self.new.columns.iter().find(|column| column.name == *name);
            column.map(|column| column.id)
        };
        match alteration {
            Alteration::SetDefault {
                column: Some(column),
                ..
            }
            | Alteration::DropDefault {
                column: Some(column),
            } => id(column).is_some_and(|id| {
                self.scope.recreated.contains(&id)
                    || self.scope.undefaulted.contains(&id)
                    || self.scope.retyped.contains(&id)
            }),
            Alteration::SetNotNull {
                column: Some(column),
                ..
            }
            | Alteration::DropNotNull {
                column: Some(column),
                ..
            }
            | Alteration::SetNotNullInherited { column, .. }
            | Alteration::SetGenerated { column, .. }
            | Alteration::DropGenerated { column, .. }
            | Alteration::AddIdentity { column, .. }
            | Alteration::SetIdentity { column, .. }
            | Alteration::DropIdentity { column }
            | Alteration::SetStorage { column, .. }
            | Alteration::SetCompression { column, .. }
            | Alteration::SetStatistics { column, .. }
            | Alteration::SetColumnOptions { column, .. }
            | Alteration::SetComment {
                on: Part::Column(column),
                ..
            }
            | Alteration::SetSecurityLabel {
                on: Part::Column(column),
                ..
            }
            | Alteration::Grant {
                column: Some(column),
                ..
            }
            | Alteration::Revoke {
                column: Some(column),
                ..
            } => id(column).is_some_and(|id| self.scope.recreated.contains(&id)),
            Alteration::ValidateConstraint { name } => {
                let mut columns = self.new.columns.iter();
                columns.any(|column| {
                    self.scope.recreated.contains(&column.id)
                        && column.not_null_constraint(&self.new.name).as_ref() == Some(name)
                })
            }
            _ => false,
        }
    }

    fn add_columns(
        &self,
        script: &mut Script<'_>,
        deferred: &Deferred,
        which: impl Fn(&Column) -> bool,
    ) {
        let added: BTreeSet<Lineage> = self
            .alterations
            .iter()
            .filter_map(|alteration| match alteration {
                Alteration::AddColumn { column } => Some(column.id),
                _ => None,
            })
            .collect();
        for column in self.new.columns.iter().filter(|column| which(column)) {
            let is_new = added.contains(&column.id);
            if is_new || self.scope.recreated.contains(&column.id) {
                let with_default = deferred.default_of(column).is_none();
                let table = &self.new.name;
                column::add(script, self.definition, table, column, with_default);
            }
        }
    }

    fn retype(&self, script: &mut Script<'_>) {
        for alteration in self.alterations {
            let Alteration::SetColumnType { column, .. } = alteration else {
                continue;
            };
            let Some(new) = self.new.columns.iter().find(|new| new.name == *column) else {
                continue;
            };
            let Some(old) = self.old.columns.iter().find(|old| old.id == new.id) else {
                continue;
            };
            if self.scope.retyped.contains(&new.id) {
                let key = (self.lineage, new.id);
                let using = script.options.using.get(&key).cloned();
                let using = using.or_else(|| column::conversion(old, new, self.to));
                column::retype(script, self.definition, old, new, using.as_deref());
            }
        }
    }

    fn add_constraints(&self, script: &mut Script<'_>, deferred: &Deferred) {
        let mut added: Vec<_> = self
            .scope
            .added_constraints
            .iter()
            .filter_map(|name| Some((name, self.new.constraints.get(name)?)))
            .filter(|(_, constraint)| !deferred.defers_constraint(constraint))
            .collect();
        added.sort_by_key(|(name, constraint)| (constraint.kind, *name));
        for (name, constraint) in added {
            let hazards = constraint_hazards(constraint);
            add_constraint(script, self.definition, name, constraint, hazards);
        }
    }

    fn table_alteration(&self, script: &mut Script<'_>, alteration: &Alteration) {
        let (hazards, action): (&[Hazard], String) = match alteration {
            Alteration::SetPersistence { to } => (
                &[Hazard::AcquiresAccessExclusiveLock],
                match to {
                    Persistence::Permanent => "SET LOGGED".to_owned(),
                    Persistence::Unlogged => "SET UNLOGGED".to_owned(),
                },
            ),
            Alteration::SetOption { name, value } => (&[], set_option(name, value.as_ref())),
            Alteration::SetRowSecurity { enabled } => {
                let verb = if *enabled { "ENABLE" } else { "DISABLE" };
                return row_security(script, self.definition, verb, &[Hazard::AuthzUpdate]);
            }
            Alteration::ForceRowSecurity { forced } => {
                let verb = if *forced { "FORCE" } else { "NO FORCE" };
                return row_security(script, self.definition, verb, &[Hazard::AuthzUpdate]);
            }
            Alteration::ValidateConstraint { name } => (
                &[Hazard::Correctness],
                format!("VALIDATE CONSTRAINT {}", quote_identifier(name)),
            ),
            Alteration::SetTablespace { to } => (
                &[Hazard::AcquiresAccessExclusiveLock],
                format!(
                    "SET TABLESPACE {}",
                    quote_identifier(to.as_deref().unwrap_or("pg_default"))
                ),
            ),
            Alteration::SetAccessMethod { to: None } if self.new.partition_by.is_some() => {
                (&[], "SET ACCESS METHOD DEFAULT".to_owned())
            }
            Alteration::SetAccessMethod { to } => (
                &[Hazard::AcquiresAccessExclusiveLock],
                format!(
                    "SET ACCESS METHOD {}",
                    quote_identifier(to.as_deref().unwrap_or("heap"))
                ),
            ),
            Alteration::SetForeignOptions {
                column: None,
                from,
                to,
            } => (
                &[],
                format!("OPTIONS {}", column::changed_foreign_options(from, to)),
            ),
            Alteration::IndexOf {
                constraint,
                alteration,
            } => {
                if !self.scope.added_constraints.contains(constraint) {
                    let index = Name::new(self.new.name.schema.as_str(), constraint.as_str());
                    index::alter(script, &self.definition.key(), &index, alteration);
                }
                return;
            }
            // A constraint made anew has its comment already.
            Alteration::SetComment {
                on: Part::Constraint(name),
                ..
            } if self.scope.added_constraints.contains(name) => return,
            _ => {
                script.shared_alteration(self.definition, alteration);
                return;
            }
        };
        script.push(
            &self.definition.key(),
            hazards,
            format!("ALTER {} {action}", target(self.definition)),
        );
    }
}

/// `CLUSTER ON`, once the index is there.
pub(super) fn cluster_on(script: &mut Script<'_>, definition: &Definition, index: Option<&String>) {
    let action = index.map_or_else(
        || "SET WITHOUT CLUSTER".to_owned(),
        |index| format!("CLUSTER ON {}", quote_identifier(index)),
    );
    let sql = format!("ALTER {} {action}", target(definition));
    script.push(&definition.key(), &[], sql);
}

pub(super) fn replica_identity(script: &mut Script<'_>, definition: &Definition, table: &Table) {
    let identity = match &table.replica_identity {
        ReplicaIdentity::Default => "DEFAULT".to_owned(),
        ReplicaIdentity::Full => "FULL".to_owned(),
        ReplicaIdentity::Nothing => "NOTHING".to_owned(),
        ReplicaIdentity::Index(index) => format!("USING INDEX {}", quote_identifier(index)),
    };
    script.push(
        &definition.key(),
        &[],
        format!("ALTER {} REPLICA IDENTITY {identity}", target(definition)),
    );
}
