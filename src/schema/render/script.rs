//! The steps as they are written, and the words that all kinds share: what an object is called after
//! `DROP`, `COMMENT ON` and `GRANT … ON`, its comment, security labels, owner and privileges.

use super::aggregate;
use super::step::{Hazard, RenderOptions, Step};
use crate::schema::acl;
use crate::schema::change::{Alteration, Part};
use crate::schema::kind::Naming;
use crate::schema::model::{Acl, Body, Definition, Kind, Name, ObjectKey, SecurityLabels};
use crate::schema::quote::{
    qualified, qualified_operator, quote_grantee, quote_identifier, quote_literal,
};
use crate::schema::snapshot::Snapshot;
use std::collections::BTreeMap;

/// Collects steps.
pub(super) struct Script<'a> {
    pub steps: Vec<Step>,
    pub options: &'a RenderOptions,
    /// The schema before: its default privileges are in force till the end.
    pub before: &'a Snapshot,
    /// New names of renamed schemas → old ones.
    pub old_schemas: BTreeMap<String, String>,
}

impl Script<'_> {
    pub fn push(&mut self, object: &ObjectKey, hazards: &[Hazard], sql: impl Into<String>) {
        let mut hazards = hazards.to_vec();
        hazards.sort();
        hazards.dedup();
        self.steps.push(Step {
            sql: sql.into(),
            hazards,
            object: object.clone(),
        });
    }

    /// Comment, security labels, owner and privileges of an object just made.
    pub fn properties(&mut self, definition: &Definition) {
        let key = definition.key();
        if let Some(text) = &definition.comment {
            self.comment(definition, &Part::Object, Some(text));
        }
        self.security_labels(definition, &Part::Object, &definition.security_labels);
        let creator = self.options.creator.as_ref();
        let creator = creator.map(|creator| creator.role.as_str());
        if definition.kind().facts().owned && creator != Some(definition.owner.as_str()) {
            self.push(&key, &[], set_owner(definition));
        }
        let default = self.initial_acl(definition);
        for privilege in acl::difference(&default, &definition.acl, None) {
            self.privileges(definition, &privilege, &[]);
        }
    }

    /// The privileges of an object just made, once its owner has it.
    fn initial_acl(&self, definition: &Definition) -> Acl {
        let (kind, owner) = (definition.kind(), definition.owner.as_str());
        let plain = || acl::default_acl(kind, owner, &definition.acl);
        let (Some(creator), Some(on)) = (&self.options.creator, kind.facts().grants_on) else {
            return plain();
        };
        let owned = |acl: &Acl| acl::after_owner_change(acl, &creator.role, owner);
        let mut initial = creator.grants.get(on).map_or_else(plain, owned);
        let schema = definition.key().schema;
        let in_schema = self.before.by_key(&ObjectKey {
            kind: Kind::DefaultPrivileges,
            schema: self.old_schemas.get(&schema).cloned().unwrap_or(schema),
            name: creator.role.clone(),
            qualifier: on.to_owned(),
        });
        if let Some(more) = in_schema.and_then(|lineage| self.before.get(&lineage)) {
            acl::add(&mut initial, &owned(&more.acl));
        }
        initial
    }

    pub fn comment(&mut self, definition: &Definition, on: &Part, text: Option<&String>) {
        let what = part(definition, on);
        let text = text.map_or_else(|| "NULL".to_owned(), |text| quote_literal(text));
        self.push(
            &definition.key(),
            &[],
            format!("COMMENT ON {what} IS {text}"),
        );
    }

    /// The labels of something just made.
    pub fn security_labels(&mut self, definition: &Definition, on: &Part, labels: &SecurityLabels) {
        let what = part(definition, on);
        for (provider, label) in labels {
            self.security_label(&definition.key(), &what, provider, Some(label));
        }
    }

    /// The label of `what`, which belongs to `object`.
    pub fn security_label(
        &mut self,
        object: &ObjectKey,
        what: &str,
        provider: &str,
        label: Option<&String>,
    ) {
        let provider = quote_identifier(provider);
        let label = label.map_or_else(|| "NULL".to_owned(), |label| quote_literal(label));
        self.push(
            object,
            &[],
            format!("SECURITY LABEL FOR {provider} ON {what} IS {label}"),
        );
    }

    /// A `GRANT` or `REVOKE`; other alterations write nothing.
    pub fn privileges(
        &mut self,
        definition: &Definition,
        alteration: &Alteration,
        hazards: &[Hazard],
    ) {
        let key = definition.key();
        if key.kind == Kind::DefaultPrivileges {
            if let Some(sql) = grant(&key.qualifier, alteration) {
                let sql = format!("ALTER {} {sql}", target(definition));
                self.push(&key, hazards, sql);
            }
            return;
        }
        let all = owner_loses_all(definition, alteration);
        self.privileges_on(
            &key,
            &grant_target(definition),
            all.as_ref().unwrap_or(alteration),
            hazards,
        );
    }

    /// A `GRANT` or `REVOKE` on something that is part of `object`.
    pub fn privileges_on(
        &mut self,
        object: &ObjectKey,
        on: &str,
        alteration: &Alteration,
        hazards: &[Hazard],
    ) {
        if let Some(sql) = grant(on, alteration) {
            self.push(object, hazards, sql);
        }
    }

    /// The privileges of a column just made.
    pub fn column_privileges(&mut self, definition: &Definition, column: &str, wanted: &Acl) {
        for privilege in acl::difference(&Acl::new(), wanted, Some(column)) {
            self.privileges(definition, &privilege, &[]);
        }
    }

    /// Alterations that mean the same for every kind; false if it is none of them.
    pub fn shared_alteration(&mut self, definition: &Definition, alteration: &Alteration) -> bool {
        match alteration {
            Alteration::SetComment { on, text } => {
                self.comment(definition, on, text.as_ref());
            }
            Alteration::SetSecurityLabel {
                on,
                provider,
                label,
            } => self.security_label(
                &definition.key(),
                &part(definition, on),
                provider,
                label.as_ref(),
            ),
            Alteration::SetOwner { .. } => self.push(
                &definition.key(),
                &[Hazard::AuthzUpdate],
                set_owner(definition),
            ),
            Alteration::Grant { .. } | Alteration::Revoke { .. } => {
                self.privileges(definition, alteration, &[Hazard::AuthzUpdate]);
                for grant in grants_taken_along(definition, alteration) {
                    self.privileges(definition, &grant, &[]);
                }
            }
            _ => return false,
        }
        true
    }
}

/// `REVOKE ALL`, where the owner loses whatever an owner has in every version: a newer server gives one more.
fn owner_loses_all(definition: &Definition, alteration: &Alteration) -> Option<Alteration> {
    let Alteration::Revoke {
        column: None,
        grantee,
        privileges,
        grant_option_only: false,
    } = alteration
    else {
        return None;
    };
    let all = definition.key().kind.facts().privileges;
    let loses_all = *grantee == definition.owner
        && !definition.acl.contains_key(grantee)
        && privileges.len() == all.len();
    loses_all.then(|| Alteration::Revoke {
        column: None,
        grantee: grantee.clone(),
        privileges: vec!["ALL".to_owned()],
        grant_option_only: false,
    })
}

/// A privilege on single columns goes with that on the whole relation: what of it stays is granted again.
fn grants_taken_along(definition: &Definition, alteration: &Alteration) -> Vec<Alteration> {
    let Alteration::Revoke {
        column: None,
        grantee,
        privileges,
        ..
    } = alteration
    else {
        return Vec::new();
    };
    let columns: Vec<(&String, &Acl)> = match &definition.body {
        Body::Table(table) => (table.columns.iter())
            .map(|column| (&column.name, &column.acl))
            .collect(),
        Body::View(view) => view.column_acls.iter().collect(),
        Body::MaterializedView(view) => view.column_acls.iter().collect(),
        _ => Vec::new(),
    };
    let mut grants = Vec::new();
    for (column, acl) in columns {
        let Some(kept) = acl.get(grantee) else {
            continue;
        };
        let kept: BTreeMap<String, bool> = kept
            .iter()
            .filter(|(privilege, _)| privileges.contains(privilege))
            .map(|(privilege, grantable)| (privilege.clone(), *grantable))
            .collect();
        let kept = Acl::from([(grantee.clone(), kept)]);
        grants.extend(acl::difference(&Acl::new(), &kept, Some(column)));
    }
    grants
}

/// An object or a part of it, as `COMMENT ON` names it.
fn part(definition: &Definition, on: &Part) -> String {
    match on {
        Part::Object => target(definition),
        Part::Column(column) => {
            let name = relation(definition);
            format!("COLUMN {name}.{}", quote_identifier(column))
        }
        Part::Constraint(constraint) => {
            let domain = match definition.kind() {
                Kind::Domain => "DOMAIN ",
                _ => "",
            };
            format!(
                "CONSTRAINT {} ON {domain}{}",
                quote_identifier(constraint),
                relation(definition)
            )
        }
    }
}

/// A `GRANT` or `REVOKE`; nothing for other alterations.
fn grant(on: &str, alteration: &Alteration) -> Option<String> {
    let list = |privileges: &[String], column: &Option<String>| match column {
        Some(column) => {
            let column = quote_identifier(column);
            let each: Vec<_> = privileges
                .iter()
                .map(|privilege| format!("{privilege} ({column})"))
                .collect();
            each.join(", ")
        }
        None => privileges.join(", "),
    };
    match alteration {
        Alteration::Grant {
            column,
            grantee,
            privileges,
            grantable,
        } => Some(format!(
            "GRANT {} ON {on} TO {}{}",
            list(privileges, column),
            quote_grantee(grantee),
            if *grantable { " WITH GRANT OPTION" } else { "" }
        )),
        Alteration::Revoke {
            column,
            grantee,
            privileges,
            grant_option_only,
        } => Some(format!(
            "REVOKE {}{} ON {on} FROM {}",
            if *grant_option_only {
                "GRANT OPTION FOR "
            } else {
                ""
            },
            list(privileges, column),
            quote_grantee(grantee),
        )),
        _ => None,
    }
}

fn set_owner(definition: &Definition) -> String {
    format!(
        "ALTER {} OWNER TO {}",
        target(definition),
        quote_identifier(&definition.owner)
    )
}

/// The object's qualified name; that of a part of a relation is the relation's.
pub(super) fn relation(definition: &Definition) -> String {
    match &definition.body {
        Body::Schema(body) => quote_identifier(&body.name).into_owned(),
        Body::Enum(body) => qualified(&body.name),
        Body::Domain(body) => qualified(&body.name),
        Body::Composite(body) => qualified(&body.name),
        Body::Sequence(body) => qualified(&body.name),
        Body::Table(body) => qualified(&body.name),
        Body::Index(body) => qualified(&body.name),
        Body::View(body) => qualified(&body.name),
        Body::MaterializedView(body) => qualified(&body.name),
        Body::Routine(body) => qualified(&body.name),
        Body::Trigger(body) => qualified(&body.table),
        Body::Declared(body) => match &body.table {
            Some(table) if body.declares.is_on_relation() => qualified(table),
            _ => qualified(&body.name),
        },
    }
}

/// The object as `DROP`, `ALTER` and `COMMENT ON` name it: `TABLE public.users`,
/// `FUNCTION public.f(integer)`, `TRIGGER audit ON public.users`.
pub(super) fn target(definition: &Definition) -> String {
    let key = definition.key();
    target_named(definition, &Name::new(key.schema, key.name))
}

/// [`target`] under another name than its own. What is on a relation is there under the same.
pub(super) fn target_named(definition: &Definition, name: &Name) -> String {
    let keyword = keyword(definition);
    let qualifier = definition.key().qualifier;
    match definition.kind().facts().naming {
        Naming::Schema => format!("{keyword} {}", quote_identifier(&name.name)),
        Naming::Plain => format!("{keyword} {}", qualified(name)),
        Naming::Arguments => format!("{keyword} {}({qualifier})", qualified(name)),
        Naming::Operator => format!("{keyword} {} ({qualifier})", qualified_operator(name)),
        Naming::Method => format!(
            "{keyword} {} USING {}",
            qualified(name),
            quote_identifier(&qualifier)
        ),
        Naming::Types => format!("{keyword} ({qualifier})"),
        Naming::RoleInSchema => format!(
            "{keyword} FOR ROLE {} IN SCHEMA {}",
            quote_identifier(&name.name),
            quote_identifier(&name.schema)
        ),
        Naming::OnRelation => format!(
            "{keyword} {} ON {}",
            quote_identifier(&name.name),
            relation(definition)
        ),
    }
}

/// The kind as SQL names it.
pub(super) fn keyword(definition: &Definition) -> &'static str {
    match &definition.body {
        Body::Routine(routine) if routine.procedure => "PROCEDURE",
        Body::Routine(_) => "FUNCTION",
        Body::Table(table) if table.foreign.is_some() => "FOREIGN TABLE",
        _ => definition.kind().keyword(),
    }
}

fn grant_target(definition: &Definition) -> String {
    match definition.kind() {
        Kind::Table | Kind::View | Kind::MaterializedView => {
            format!("TABLE {}", relation(definition))
        }
        Kind::Aggregate => {
            let arguments = aggregate::arguments(&definition.key().qualifier);
            format!("FUNCTION {}({arguments})", relation(definition))
        }
        _ => target(definition),
    }
}

/// Storage parameters and view options, in parentheses: `(fillfactor = 70)`.
pub(super) fn option_list(options: &BTreeMap<String, String>) -> String {
    let each: Vec<_> = options
        .iter()
        .map(|(name, value)| format!("{} = {}", option_name(name), option_value(value)))
        .collect();
    format!("({})", each.join(", "))
}

/// ` WITH (…)`, or nothing.
pub(super) fn with_options(options: &BTreeMap<String, String>) -> String {
    if options.is_empty() {
        String::new()
    } else {
        format!(" WITH {}", option_list(options))
    }
}

/// A word and a name after it, or nothing.
pub(super) fn words(before: &str, name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| {
        format!("{before}{}", quote_identifier(name))
    })
}

pub(super) fn option_name(name: &str) -> String {
    name.split('.')
        .map(quote_identifier)
        .collect::<Vec<_>>()
        .join(".")
}

fn option_value(value: &str) -> String {
    let is_number = value.starts_with(|first: char| first.is_ascii_digit())
        && value
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_number || matches!(value, "true" | "false") {
        value.to_owned()
    } else {
        quote_literal(value)
    }
}

/// `SET (…)` or `RESET (…)`.
pub(super) fn set_option(name: &str, value: Option<&String>) -> String {
    match value {
        Some(value) => format!("SET ({} = {})", option_name(name), option_value(value)),
        None => format!("RESET ({})", option_name(name)),
    }
}
