//! Indexes that no constraint owns.

use super::script::Script;
use super::step::Hazard;
use crate::schema::model::{Definition, Index};
use crate::schema::quote::{qualified, quote_identifier};

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
    script.push(
        &definition.key(),
        hazards,
        format!(
            "CREATE {unique}INDEX {} ON {} {}",
            quote_identifier(&index.name.name),
            qualified(&index.table),
            index.definition
        ),
    );
}
