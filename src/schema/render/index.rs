//! Indexes, those that constraints own among them.

use super::script::{Script, option_list, set_option, words};
use super::step::Hazard;
use crate::schema::change::{Alteration, Part};
use crate::schema::model::{Definition, Index, IndexAttributes, Name, ObjectKey};
use crate::schema::quote::{qualified, quote_identifier, quote_literal};
use crate::schema::token::tokens;

/// `on_rows` says whether the table may hold rows already.
pub(super) fn create(
    script: &mut Script<'_>,
    definition: &Definition,
    index: &Index,
    on_rows: bool,
) {
    let hazards: &[Hazard] = match (on_rows, index.unique) {
        (false, _) => &[],
        (true, false) => &[Hazard::IndexBuild, Hazard::AcquiresShareLock],
        (true, true) => &[
            Hazard::IndexBuild,
            Hazard::AcquiresShareLock,
            Hazard::Correctness,
        ],
    };
    let unique = if index.unique { "UNIQUE " } else { "" };
    // Each partition is given its own.
    let only = if index.partitioned { "ONLY " } else { "" };
    script.push(
        &definition.key(),
        hazards,
        format!(
            "CREATE {unique}INDEX {} ON {only}{} {}",
            quote_identifier(&index.name.name),
            qualified(&index.table),
            stored(&index.definition, &index.attributes, "TABLESPACE")
        ),
    );
    properties(script, &definition.key(), &index.name, &index.attributes);
}

/// A printed index or key with its storage parameters and its tablespace, which stand before `WHERE` and
/// `DEFERRABLE`.
pub(super) fn stored(definition: &str, attributes: &IndexAttributes, tablespace: &str) -> String {
    let mut storage = String::new();
    if !attributes.options.is_empty() {
        storage.push_str(" WITH ");
        storage.push_str(&option_list(&attributes.options));
    }
    if let Some(name) = &attributes.tablespace {
        storage.push_str(&words(&format!(" {tablespace} "), Some(name)));
    }
    if storage.is_empty() {
        return definition.to_owned();
    }
    let mut depth = 0_usize;
    let mut after_columns = false;
    let at = tokens(definition).iter().find_map(|token| {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth = depth.saturating_sub(1);
            after_columns = true;
        }
        let ends = ["WHERE", "DEFERRABLE", "INITIALLY"];
        (depth == 0 && after_columns && ends.iter().any(|word| token.is(word)))
            .then_some(token.start)
    });
    match at.and_then(|at| definition.split_at_checked(at)) {
        Some((before, after)) => format!("{}{storage} {after}", before.trim_end()),
        None => format!("{definition}{storage}"),
    }
}

/// What is said of an index after it is made.
pub(super) fn properties(
    script: &mut Script<'_>,
    object: &ObjectKey,
    index: &Name,
    attributes: &IndexAttributes,
) {
    for (column, target) in &attributes.statistics {
        let statistics = Alteration::SetStatistics {
            column: column.clone(),
            target: Some(*target),
        };
        alter(script, object, index, &statistics);
    }
    if attributes.comment.is_some() {
        let comment = Alteration::SetComment {
            on: Part::Object,
            text: attributes.comment.clone(),
        };
        alter(script, object, index, &comment);
    }
}

/// Alters an index that is `object`, or part of it; false for what is none of its attributes.
pub(super) fn alter(
    script: &mut Script<'_>,
    object: &ObjectKey,
    index: &Name,
    alteration: &Alteration,
) -> bool {
    let name = qualified(index);
    let sql = match alteration {
        Alteration::SetOption {
            name: option,
            value,
        } => {
            format!("ALTER INDEX {name} {}", set_option(option, value.as_ref()))
        }
        Alteration::SetTablespace { to } => format!(
            "ALTER INDEX {name} SET TABLESPACE {}",
            quote_identifier(to.as_deref().unwrap_or("pg_default"))
        ),
        Alteration::SetStatistics { column, target } => format!(
            "ALTER INDEX {name} ALTER COLUMN {column} SET STATISTICS {}",
            target.unwrap_or(-1)
        ),
        Alteration::SetComment {
            on: Part::Object,
            text,
        } => {
            let text = text
                .as_ref()
                .map_or_else(|| "NULL".to_owned(), |text| quote_literal(text));
            format!("COMMENT ON INDEX {name} IS {text}")
        }
        // Attached when everything else is there.
        Alteration::SetIndexParent { .. } => return true,
        _ => return false,
    };
    script.push(object, &[], sql);
    true
}
