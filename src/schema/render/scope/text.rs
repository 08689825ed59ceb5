//! What the texts of a definition tell: whether a change is beyond `ALTER`, and what they speak of.

use super::Scope;
use crate::schema::change::Alteration;
use crate::schema::model::Name;
use crate::schema::model::{Body, Definition};
use crate::schema::quote::qualified;
use crate::schema::render::declared;
use crate::schema::token::{TokenKind, tokens};

impl Scope<'_> {
    /// A label that `ADD VALUE` adds cannot be used in the same transaction, as the constant of a default,
    /// a check or a view; on a type that is made anew it can.
    pub(super) fn uses_new_label(
        &self,
        data_type: &Definition,
        alterations: &[Alteration],
    ) -> bool {
        let key = data_type.key();
        let written = qualified(&Name::new(key.schema, key.name));
        alterations.iter().any(|alteration| {
            let Alteration::AddLabel { label, .. } = alteration else {
                return false;
            };
            self.created
                .iter()
                .chain(self.altered.keys())
                .filter_map(|lineage| self.to.get(lineage))
                .any(|definition| {
                    texts(definition)
                        .iter()
                        .any(|text| holds_constant(text, label, &written))
                })
        })
    }
}

/// Alterations of types that PostgreSQL has no `ALTER TYPE` for.
pub(super) fn makes_anew(alteration: &Alteration) -> bool {
    matches!(
        alteration,
        Alteration::SetLabels { .. } | Alteration::SetBaseType { .. }
    )
}

/// Beyond `ALTER TYPE` where a table holds values of the type.
pub(super) fn retypes_attribute(alteration: &Alteration) -> bool {
    matches!(alteration, Alteration::SetAttributeType { .. })
}

/// Whether an alteration is beyond `ALTER` and `CREATE OR REPLACE`.
pub(super) fn replaces(alteration: &Alteration, old: &Body, new: &Body) -> bool {
    if let (Body::Declared(old), Body::Declared(new)) = (old, new) {
        return declared::replaces(alteration, old, new);
    }
    match alteration {
        Alteration::SetSignature { .. } => true,
        Alteration::SetQuery { .. } => match (old, new) {
            // New columns may come at the end; the others keep name and type.
            (Body::View(old), Body::View(new)) => {
                let same_types =
                    !old.column_types.is_empty() && new.column_types.starts_with(&old.column_types);
                !(same_types && new.columns.starts_with(&old.columns))
            }
            _ => true,
        },
        Alteration::SetDefinition { .. } => match (old, new) {
            // A parameter's default can be added and changed, not removed.
            (Body::Routine(old), Body::Routine(new)) => {
                parameter_defaults(&new.definition) < parameter_defaults(&old.definition)
            }
            _ => true,
        },
        _ => false,
    }
}

/// The texts that the server evaluates when it makes an object.
pub(super) fn texts(definition: &Definition) -> Vec<&str> {
    let mut texts: Vec<&str> = Vec::new();
    match &definition.body {
        Body::Domain(domain) => {
            texts.extend(domain.default.as_deref());
            texts.extend(
                domain
                    .checks
                    .values()
                    .map(|check| check.definition.as_str()),
            );
        }
        Body::Table(table) => {
            for column in &table.columns {
                texts.extend(column.default.as_deref());
                texts.extend(column.generated.as_ref().map(|one| one.expression.as_str()));
            }
            let constraints = table.constraints.values();
            texts.extend(constraints.map(|constraint| constraint.definition.as_str()));
        }
        Body::Index(index) => texts.push(&index.definition),
        Body::View(view) => {
            texts.push(&view.query);
            texts.extend(view.column_defaults.values().map(String::as_str));
        }
        Body::MaterializedView(view) => texts.push(&view.query),
        Body::Routine(routine) => texts.push(&routine.definition),
        Body::Trigger(trigger) => texts.push(&trigger.definition),
        Body::Declared(declared) => texts.extend(declared.texts()),
        Body::Schema(_) | Body::Enum(_) | Body::Composite(_) | Body::Sequence(_) => {}
    }
    texts
}

/// Whether a text holds a constant of a type, or of an array of it, with that label in it.
pub(super) fn holds_constant(text: &str, label: &str, data_type: &str) -> bool {
    text.contains(data_type)
        && tokens(text).windows(2).any(|pair| match pair {
            [literal, cast] => {
                matches!(&literal.kind, TokenKind::Literal(inner) if inner.contains(label))
                    && cast.is("::")
                    && text
                        .get(cast.end..)
                        .is_some_and(|rest| rest.starts_with(data_type))
            }
            _ => false,
        })
}

pub(super) fn parameter_defaults(definition: &str) -> usize {
    tokens(definition)
        .iter()
        .take_while(|token| !token.is("LANGUAGE") && !token.is("RETURNS"))
        .filter(|token| token.is("DEFAULT"))
        .count()
}

/// Whether a printed type is that type or an array of it.
pub(in crate::schema::render) fn is_of_type(data_type: &str, written: &str) -> bool {
    data_type
        .strip_prefix(written)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}
