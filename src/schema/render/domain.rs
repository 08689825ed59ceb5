//! Domains, whose defaults and checks may call functions that need the domain themselves.

use super::scope::Scope;
use super::script::{Script, target, words};
use super::step::Hazard;
use super::table::Deferred;
use crate::schema::change::{Alteration, Part};
use crate::schema::model::{Body, Check, Definition, Domain, Lineage};
use crate::schema::quote::{qualified, quote_identifier};
use std::collections::BTreeSet;

/// What makes way within a domain that is there before and after.
#[derive(Debug, Default)]
pub(super) struct DomainScope {
    undefaulted: bool,
    /// Old names.
    checks: BTreeSet<String>,
}

impl DomainScope {
    /// Lets go of what `speaks_of_it`.
    pub fn detach(&mut self, old: &Domain, speaks_of_it: impl Fn(&str) -> bool) {
        self.undefaulted |= old.default.as_deref().is_some_and(&speaks_of_it);
        for (name, check) in &old.checks {
            if speaks_of_it(&check.definition) {
                self.checks.insert(name.clone());
            }
        }
    }

    /// Whether a check, by its old name, is dropped at the start.
    pub fn drops(&self, check: &str) -> bool {
        self.checks.contains(check)
    }
}

/// Takes away, at the start, what makes way.
pub(super) fn detach(script: &mut Script<'_>, scope: &Scope<'_>) {
    for (lineage, domain_scope) in &scope.domains {
        let Some(old) = scope.old(*lineage).filter(|_| !scope.is_gone(*lineage)) else {
            continue;
        };
        if domain_scope.undefaulted {
            drop_default(script, old);
        }
        for check in &domain_scope.checks {
            drop_check(script, old, check);
        }
    }
}

pub(super) fn drop_default(script: &mut Script<'_>, definition: &Definition) {
    action(script, definition, &[], "DROP DEFAULT");
}

pub(super) fn drop_check(script: &mut Script<'_>, definition: &Definition, name: &str) {
    let drop = format!("DROP CONSTRAINT {}", quote_identifier(name));
    action(script, definition, &[], &drop);
}

/// Makes the domain, but for what is deferred.
pub(super) fn create(
    script: &mut Script<'_>,
    definition: &Definition,
    body: &Domain,
    deferred: &Deferred,
) {
    let mut sql = format!("CREATE DOMAIN {} AS {}", qualified(&body.name), body.base);
    if let Some(collation) = &body.collation {
        sql.push_str(" COLLATE ");
        sql.push_str(&qualified(collation));
    }
    if let Some(default) = body.default.as_ref().filter(|text| !deferred.defers(text)) {
        sql.push_str(" DEFAULT ");
        sql.push_str(default);
    }
    if body.not_null {
        let name = if script.options.names_not_null() {
            body.not_null_constraint()
        } else {
            body.not_null_name.clone()
        };
        sql.push_str(&words(" CONSTRAINT ", name.as_deref()));
        sql.push_str(" NOT NULL");
    }
    let now = || (body.checks.iter()).filter(|(_, check)| !deferred.defers(&check.definition));
    // NOT VALID can only be said of a check that is added.
    let valid = |check: &Check| !check.definition.ends_with(" NOT VALID");
    for (name, check) in now().filter(|(_, check)| valid(check)) {
        sql.push_str(" CONSTRAINT ");
        sql.push_str(&quote_identifier(name));
        sql.push(' ');
        sql.push_str(&check.definition);
    }
    script.push(&definition.key(), &[], sql);
    if let (Some(name), Some(comment)) = (body.not_null_constraint(), &body.not_null_comment) {
        script.comment(definition, &Part::Constraint(name), Some(comment));
    }
    for (name, check) in now() {
        if valid(check) {
            check_comment(script, definition, name, check);
        } else {
            add_check(script, definition, name, check, &[]);
        }
    }
}

/// Gives a new domain what was deferred.
pub(super) fn complete(
    script: &mut Script<'_>,
    definition: &Definition,
    body: &Domain,
    deferred: &Deferred,
) {
    if let Some(default) = body.default.as_ref().filter(|text| deferred.defers(text)) {
        set_default(script, definition, default);
    }
    for (name, check) in &body.checks {
        if deferred.defers(&check.definition) {
            add_check(script, definition, name, check, &[]);
        }
    }
}

/// A domain that is altered, and what of it made way at the start.
pub(super) struct Altered<'a> {
    pub definition: &'a Definition,
    pub body: &'a Domain,
    pub scope: Option<&'a DomainScope>,
    pub alterations: &'a [Alteration],
}

impl<'a> Altered<'a> {
    pub fn of(scope: &'a Scope<'_>, lineage: Lineage) -> Option<Self> {
        let definition = scope.new_definition(lineage)?;
        let Body::Domain(body) = &definition.body else {
            return None;
        };
        Some(Self {
            definition,
            body,
            scope: scope.domains.get(&lineage),
            alterations: scope.altered.get(&lineage).copied().unwrap_or_default(),
        })
    }

    /// Alters everything but names and what is deferred.
    pub fn render(&self, script: &mut Script<'_>, deferred: &Deferred) {
        for alteration in self.alterations {
            self.alter(script, alteration);
        }
        self.restore(script, |text| !deferred.defers(text));
    }

    /// What was deferred.
    pub fn complete(&self, script: &mut Script<'_>, deferred: &Deferred) {
        self.restore(script, |text| deferred.defers(text));
    }

    /// Sets defaults and adds checks, new ones and those that made way.
    fn restore(&self, script: &mut Script<'_>, which: impl Fn(&str) -> bool) {
        let set = (self.alterations.iter())
            .any(|one| matches!(one, Alteration::SetDefault { column: None, .. }));
        let undefaulted = self.scope.is_some_and(|scope| scope.undefaulted);
        if let Some(default) = (self.body.default.as_ref()).filter(|text| which(text))
            && (set || undefaulted)
        {
            set_default(script, self.definition, default);
        }
        for (name, check) in &self.body.checks {
            let new = (self.alterations.iter()).any(
                |one| matches!(one, Alteration::AddCheck { name: added, .. } if added == name),
            );
            let back = self
                .scope
                .is_some_and(|scope| scope.drops(self.old_name(name)));
            if (new || back) && which(&check.definition) {
                let hazards: &[Hazard] = if new { &[Hazard::Correctness] } else { &[] };
                add_check(script, self.definition, name, check, hazards);
            }
        }
    }

    fn old_name<'n>(&'n self, name: &'n str) -> &'n str {
        (self.alterations.iter())
            .find_map(|alteration| match alteration {
                Alteration::RenameConstraint { from, to } if to == name => Some(from.as_str()),
                _ => None,
            })
            .unwrap_or(name)
    }

    fn alter(&self, script: &mut Script<'_>, alteration: &Alteration) {
        let made_way = |name: &str| self.scope.is_some_and(|scope| scope.drops(name));
        let (hazards, sql): (&[Hazard], String) = match alteration {
            Alteration::SetNotNull {
                column: None, name, ..
            } => (
                &[Hazard::Correctness],
                name.as_ref().map_or_else(
                    || "SET NOT NULL".to_owned(),
                    |name| format!("ADD CONSTRAINT {} NOT NULL", quote_identifier(name)),
                ),
            ),
            Alteration::DropNotNull { column: None, .. } => (&[], "DROP NOT NULL".to_owned()),
            Alteration::DropDefault { column: None } => (&[], "DROP DEFAULT".to_owned()),
            Alteration::DropCheck { name } => {
                if !made_way(name) {
                    drop_check(script, self.definition, name);
                }
                return;
            }
            Alteration::ValidateConstraint { name } => {
                if made_way(self.old_name(name)) {
                    return;
                }
                (
                    &[Hazard::Correctness],
                    format!("VALIDATE CONSTRAINT {}", quote_identifier(name)),
                )
            }
            // Comes with its check.
            Alteration::SetComment {
                on: Part::Constraint(name),
                ..
            } if made_way(self.old_name(name)) || self.adds(name) => return,
            // Set by `restore`.
            Alteration::SetDefault { column: None, .. } | Alteration::AddCheck { .. } => return,
            _ => {
                script.shared_alteration(self.definition, alteration);
                return;
            }
        };
        action(script, self.definition, hazards, &sql);
    }

    fn adds(&self, check: &str) -> bool {
        (self.alterations.iter())
            .any(|one| matches!(one, Alteration::AddCheck { name, .. } if name == check))
    }
}

fn set_default(script: &mut Script<'_>, definition: &Definition, default: &str) {
    action(script, definition, &[], &format!("SET DEFAULT {default}"));
}

fn add_check(
    script: &mut Script<'_>,
    definition: &Definition,
    name: &str,
    check: &Check,
    hazards: &[Hazard],
) {
    let add = format!(
        "ADD CONSTRAINT {} {}",
        quote_identifier(name),
        check.definition
    );
    action(script, definition, hazards, &add);
    check_comment(script, definition, name, check);
}

fn check_comment(script: &mut Script<'_>, definition: &Definition, name: &str, check: &Check) {
    if let Some(comment) = &check.comment {
        script.comment(
            definition,
            &Part::Constraint(name.to_owned()),
            Some(comment),
        );
    }
}

fn action(script: &mut Script<'_>, definition: &Definition, hazards: &[Hazard], action: &str) {
    let sql = format!("ALTER {} {action}", target(definition));
    script.push(&definition.key(), hazards, sql);
}
