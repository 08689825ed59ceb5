//! Semantic versions of objects: how much a change asks of whoever uses the object.
//!
//! What is dropped, renamed or retyped, and what may no longer be null, is major: whoever speaks of it has to follow. What is
//! added is minor. The rest is a patch.

use super::change::{Alteration, Change, ChangeKind};
use super::model::{Body, Definition};
use std::fmt;

/// What a change does to a version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    #[default]
    Patch,
    Minor,
    Major,
}

/// The version of an object; the first is 1.0.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Version {
    pub const FIRST: Self = Self {
        major: 1,
        minor: 0,
        patch: 0,
    };

    #[must_use]
    pub fn next(self, level: Level) -> Self {
        let Self {
            major,
            minor,
            patch,
        } = self;
        match level {
            Level::Major => Self {
                major: major + 1,
                minor: 0,
                patch: 0,
            },
            Level::Minor => Self {
                minor: minor + 1,
                patch: 0,
                ..self
            },
            Level::Patch => Self {
                patch: patch + 1,
                ..self
            },
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// The level of a change of one object from what it was `before` to what it is `after`.
pub fn level(change: &Change, before: Option<&Definition>, after: Option<&Definition>) -> Level {
    match &change.kind {
        ChangeKind::Create | ChangeKind::Drop => Level::Major,
        ChangeKind::Alter(alterations) => alterations
            .iter()
            .map(|alteration| level_of(alteration, before, after))
            .max()
            .unwrap_or_default(),
    }
}

/// The level of one alteration.
pub fn level_of(
    alteration: &Alteration,
    before: Option<&Definition>,
    after: Option<&Definition>,
) -> Level {
    match alteration {
        Alteration::Rename { .. }
        | Alteration::SetSchema { .. }
        | Alteration::DropColumn { .. }
        | Alteration::RenameColumn { .. }
        | Alteration::SetColumnType { .. }
        | Alteration::SetNotNull { .. }
        | Alteration::DropConstraint { .. }
        | Alteration::RenameConstraint { .. }
        | Alteration::DropCheck { .. }
        | Alteration::RenameLabel { .. }
        | Alteration::SetBaseType { .. }
        | Alteration::DropAttribute { .. }
        | Alteration::RenameAttribute { .. }
        | Alteration::SetAttributeType { .. }
        | Alteration::SetSignature { .. } => Level::Major,
        Alteration::SetLabels { from, to } => {
            let mut kept = to.iter();
            let all_kept = from.iter().all(|label| kept.any(|other| other == label));
            if all_kept { Level::Minor } else { Level::Major }
        }
        Alteration::AddColumn { .. }
        | Alteration::AddConstraint { .. }
        | Alteration::AddCheck { .. }
        | Alteration::AddLabel { .. }
        | Alteration::AddAttribute { .. }
        | Alteration::AddIdentity { .. } => Level::Minor,
        Alteration::SetQuery { .. } => of_columns(&columns(before), &columns(after)),
        _ => Level::Patch,
    }
}

/// A view's columns with their types, as far as they are known.
fn columns(definition: Option<&Definition>) -> Vec<(&str, Option<&str>)> {
    let (names, types) = match definition.map(|definition| &definition.body) {
        Some(Body::View(view)) => (&view.columns, view.column_types.as_slice()),
        Some(Body::MaterializedView(view)) => (&view.columns, &[][..]),
        _ => return Vec::new(),
    };
    let types = types.iter().map(|name| Some(name.as_str()));
    names
        .iter()
        .map(String::as_str)
        .zip(types.chain(std::iter::repeat(None)))
        .collect()
}

fn of_columns(before: &[(&str, Option<&str>)], after: &[(&str, Option<&str>)]) -> Level {
    if before.iter().any(|column| !after.contains(column)) {
        Level::Major
    } else if after.len() > before.len() {
        Level::Minor
    } else {
        Level::Patch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::diff;
    use crate::schema::samples::{column, enumeration, owned, snapshot, table, view};

    /// The level of what leads from one definition of an object to another.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "cases are written with values"
    )]
    fn between(before: Definition, after: Definition) -> Level {
        let changes = diff(
            &snapshot([(1, before.clone())]),
            &snapshot([(1, after.clone())]),
        );
        let [change] = changes.as_slice() else {
            panic!("{changes:?}");
        };
        level(change, Some(&before), Some(&after))
    }

    fn users(columns: &[(u8, &str, &str, bool)]) -> Definition {
        let columns = columns.iter().map(|(id, name, data_type, not_null)| {
            let mut column = column(*id, name, data_type);
            column.not_null = *not_null;
            column
        });
        owned(Body::Table(table("users", columns.collect())))
    }

    #[test]
    fn what_users_of_a_table_have_to_follow_is_major() {
        let before = users(&[(1, "id", "integer", true), (2, "name", "text", false)]);
        for after in [
            &[(1, "id", "integer", true)][..],
            &[(1, "id", "bigint", true), (2, "name", "text", false)],
            &[(1, "id", "integer", true), (2, "called", "text", false)],
            &[(1, "id", "integer", true), (2, "name", "text", true)],
            // Major, whatever else there is.
            &[
                (1, "id", "bigint", true),
                (2, "name", "text", false),
                (3, "bio", "text", false),
            ],
        ] {
            assert_eq!(
                between(before.clone(), users(after)),
                Level::Major,
                "{after:?}"
            );
        }
        let mut renamed = before.clone();
        if let Body::Table(table) = &mut renamed.body {
            table.name.name = "people".to_owned();
        }
        assert_eq!(between(before, renamed), Level::Major);
    }

    #[test]
    fn what_is_added_is_minor_and_the_rest_a_patch() {
        let before = users(&[(1, "id", "integer", true)]);
        let more = users(&[(1, "id", "integer", true), (2, "bio", "text", false)]);
        assert_eq!(between(before.clone(), more), Level::Minor);
        let less_strict = users(&[(1, "id", "integer", false)]);
        assert_eq!(between(before.clone(), less_strict), Level::Patch);
        let mut commented = before.clone();
        commented.comment = Some("who".to_owned());
        assert_eq!(between(before, commented), Level::Patch);
    }

    #[test]
    fn labels_may_be_added_but_not_taken() {
        let mood = |labels: &[&str]| enumeration("mood", labels);
        let before = mood(&["sad", "happy"]);
        assert_eq!(
            between(before.clone(), mood(&["sad", "ok", "happy"])),
            Level::Minor
        );
        assert_eq!(between(before.clone(), mood(&["happy"])), Level::Major);
        assert_eq!(between(before, mood(&["happy", "sad"])), Level::Major);
    }

    #[test]
    fn a_view_is_its_columns() {
        let of = |columns: &[&str], query: &str| {
            let mut definition = view("v", query, &[]);
            if let Body::View(view) = &mut definition.body {
                view.columns = columns.iter().map(|name| (*name).to_owned()).collect();
            }
            definition
        };
        let before = of(&["a", "b"], " SELECT 1 AS a, 2 AS b");
        let cases: [(&[&str], Level); 3] = [
            (&["a", "b"], Level::Patch),
            (&["a", "b", "c"], Level::Minor),
            (&["a", "c"], Level::Major),
        ];
        for (columns, expected) in cases {
            assert_eq!(
                between(before.clone(), of(columns, " SELECT 3")),
                expected,
                "{columns:?}"
            );
        }
    }

    #[test]
    fn versions_count_up() {
        let first = Version::FIRST;
        let counted: Vec<String> = [Level::Patch, Level::Minor, Level::Patch, Level::Major]
            .into_iter()
            .scan(first, |version, level| {
                *version = version.next(level);
                Some(version.to_string())
            })
            .collect();
        assert_eq!(counted, ["1.0.1", "1.1.0", "1.1.1", "2.0.0"]);
    }
}
