//! Default privileges. Those from before stay in force until all objects are made; then they become what
//! they are to be.

use super::scope::Scope;
use super::script::Script;
use super::step::Hazard;
use crate::schema::acl;
use crate::schema::change::Alteration;
use crate::schema::model::{Acl, Body, Definition, Kind, Lineage, ObjectKey};

pub(super) fn is_default(scope: &Scope<'_>, lineage: Lineage) -> bool {
    let definition = scope.old(lineage).or_else(|| scope.new_definition(lineage));
    definition.is_some_and(|definition| definition.kind() == Kind::DefaultPrivileges)
}

pub(super) fn render(script: &mut Script<'_>, scope: &Scope<'_>) {
    for lineage in scope.dropped.iter().filter(|one| is_default(scope, **one)) {
        if let Some(old) = scope.old(*lineage)
            && let Some(old) = in_kept_schema(scope, old)
        {
            set(script, &old, &acl::difference(&old.acl, &Acl::new(), None));
        }
    }
    for lineage in scope.created.iter().filter(|one| is_default(scope, **one)) {
        if let Some(new) = scope.new_definition(*lineage) {
            set(script, new, &acl::difference(&Acl::new(), &new.acl, None));
        }
    }
    for (lineage, alterations) in &scope.altered {
        if let Some(new) = scope
            .new_definition(*lineage)
            .filter(|_| is_default(scope, *lineage))
        {
            set(script, new, alterations);
        }
    }
}

fn set(script: &mut Script<'_>, definition: &Definition, alterations: &[Alteration]) {
    for alteration in alterations {
        script.privileges(definition, alteration, &[Hazard::AuthzUpdate]);
    }
}

/// The definition under its schema's new name; none where the schema goes, and takes it along.
fn in_kept_schema(scope: &Scope<'_>, old: &Definition) -> Option<Definition> {
    let schema = scope.old_lineage(&ObjectKey {
        kind: Kind::Schema,
        schema: String::new(),
        name: old.key().schema,
        qualifier: String::new(),
    });
    if schema.is_some_and(|schema| scope.is_gone(schema)) {
        return None;
    }
    let mut old = old.clone();
    if let Body::Declared(declared) = &mut old.body {
        declared.name.schema = scope.renames.schema(&declared.name.schema).to_owned();
    }
    Some(old)
}
