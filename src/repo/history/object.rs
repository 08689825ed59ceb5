//! An object as a person names it, and which one is meant.

use crate::error::{ErrorReport, SqlState};
use crate::schema::Snapshot;
use crate::schema::model::{Body, Definition, Kind, Lineage, Name, ObjectKey};
use std::fmt;
use std::sync::Arc;

/// `users`, `public.users`, `public.f(integer)`; `users.audit` for the trigger on it, and where columns are meant, too,
/// `public.users.email`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPath {
    /// One to three names.
    pub names: Vec<String>,
    /// What is in parentheses behind them.
    pub arguments: Option<String>,
}

impl fmt::Display for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names.join("."))?;
        match &self.arguments {
            Some(arguments) => write!(f, "({arguments})"),
            None => Ok(()),
        }
    }
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub object: Lineage,
    /// A column of it.
    pub column: Option<Lineage>,
}

impl ObjectPath {
    /// The object of that name; of several kinds of it, a relation before others.
    ///
    /// # Errors
    /// `42704` if there is none, `42725` if there are several with nothing to tell which.
    pub fn find(&self, snapshot: &Snapshot) -> Result<Lineage, ErrorReport> {
        self.look(snapshot)?
            .ok_or_else(|| self.does_not_exist("object"))
    }

    /// The same, where a column may be meant.
    pub fn find_with_column(&self, snapshot: &Snapshot) -> Result<Found, ErrorReport> {
        if let Some(object) = self.look(snapshot)? {
            let column = None;
            return Ok(Found { object, column });
        }
        if let Some((column, table)) = self.names.split_last()
            && !table.is_empty()
        {
            let table = Self {
                names: table.to_vec(),
                arguments: None,
            };
            if let Some(object) = table.look(snapshot)? {
                let id = snapshot
                    .get(&object)
                    .and_then(|definition| column_of(definition, column));
                return id
                    .map(|id| Found {
                        object,
                        column: Some(id),
                    })
                    .ok_or_else(|| self.does_not_exist("column"));
            }
        }
        Err(self.does_not_exist("object"))
    }

    fn look(&self, snapshot: &Snapshot) -> Result<Option<Lineage>, ErrorReport> {
        let Some((name, before)) = self.names.split_last() else {
            return Ok(None);
        };
        let mut found: Vec<(u8, &ObjectKey, Lineage)> = snapshot
            .called(name)
            .filter(|(key, _)| self.is_meant(key, before))
            .map(|(key, lineage)| (rank(key.kind), key, lineage))
            .collect();
        found.sort();
        let Some((best, _, lineage)) = found.first().copied() else {
            return Ok(None);
        };
        let rivals: Vec<String> = found
            .iter()
            .take_while(|(rank, _, _)| *rank == best)
            .map(|(_, key, _)| key.to_string())
            .collect();
        if rivals.len() == 1 {
            return Ok(Some(lineage));
        }
        Err(ErrorReport::new(
            SqlState::AMBIGUOUS_FUNCTION,
            format!("object name \"{self}\" is not unique"),
        )
        .with_detail(format!("It could be {}.", rivals.join(", ")))
        .with_hint("Write the schema before the name, a routine's argument types behind it, and the table before a trigger, a policy or a rule."))
    }

    fn is_meant(&self, key: &ObjectKey, before: &[String]) -> bool {
        let on_relation = key.kind.is_on_relation();
        let in_place = match before {
            [] => true,
            [one] if on_relation => key.schema == *one || key.qualifier == *one,
            [schema] => key.schema == *schema,
            [schema, table] => on_relation && key.schema == *schema && key.qualifier == *table,
            _ => false,
        };
        let arguments = self.arguments.as_deref();
        in_place
            && arguments
                .is_none_or(|arguments| same_types(arguments, &key.qualifier) && !on_relation)
    }

    fn does_not_exist(&self, what: &str) -> ErrorReport {
        ErrorReport::new(
            SqlState::UNDEFINED_OBJECT,
            format!("{what} \"{self}\" does not exist"),
        )
        .with_detail("Names are looked up in the schema that the ref has now.")
    }
}

/// Relations first, then what has rows of its own or runs, then the rest.
fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::Table => 0,
        Kind::View | Kind::MaterializedView => 1,
        Kind::Routine | Kind::Aggregate => 2,
        Kind::Sequence => 3,
        kind if kind.is_on_relation() => 6,
        Kind::Index => 5,
        Kind::Schema => 7,
        _ => 4,
    }
}

/// Whether argument types as a person writes them are those that the server prints.
fn same_types(written: &str, printed: &str) -> bool {
    let list = |text: &str| -> Vec<String> {
        let text = text.trim();
        if text.is_empty() {
            return Vec::new();
        }
        text.split(',').map(type_name).collect()
    };
    list(written) == list(printed)
}

fn type_name(text: &str) -> String {
    let text = text.trim().to_ascii_lowercase();
    let (name, array) = text
        .find('[')
        .map_or((text.as_str(), ""), |at| text.split_at(at));
    let name = match name {
        "int" | "int4" => "integer",
        "int2" => "smallint",
        "int8" => "bigint",
        "bool" => "boolean",
        "varchar" => "character varying",
        "char" => "character",
        "float4" => "real",
        "float8" | "float" => "double precision",
        "decimal" => "numeric",
        "timestamptz" => "timestamp with time zone",
        "timestamp" => "timestamp without time zone",
        other => other.strip_prefix("public.").unwrap_or(other),
    };
    format!("{name}{array}")
}

/// The lineage of a table's column.
fn column_of(definition: &Definition, name: &str) -> Option<Lineage> {
    match &definition.body {
        Body::Table(table) => table
            .columns
            .iter()
            .find(|column| column.name == name)
            .map(|column| column.id),
        Body::Composite(composite) => composite
            .attributes
            .iter()
            .find(|attribute| attribute.name == name)
            .map(|attribute| attribute.id),
        _ => None,
    }
}

/// An object and what is part of it: a relation's indexes, triggers, policies, rules, statistics and the sequences that its
/// columns own.
pub fn parts(
    snapshot: &Snapshot,
    of: Lineage,
) -> impl Iterator<Item = (Lineage, Arc<Definition>)> + '_ {
    let own = snapshot.get(&of);
    let key = own.map(|own| own.key());
    let name = key
        .as_ref()
        .map(|key| Name::new(key.schema.as_str(), key.name.as_str()));
    let dependents = key.into_iter().flat_map(|key| snapshot.dependents(&key));
    // A serial column needs its sequence, and the sequence belongs to it.
    let needs = own
        .into_iter()
        .flat_map(|own| &own.depends_on)
        .filter_map(|key| snapshot.by_key(key));
    let mut around: Vec<Lineage> = dependents.chain(needs).collect();
    around.sort_unstable();
    around.dedup();
    let parts = around
        .into_iter()
        .filter(move |lineage| *lineage != of)
        .filter_map(|lineage| Some((lineage, Arc::clone(snapshot.get(&lineage)?))))
        .filter(move |(_, part)| whole_of(part).is_some() && whole_of(part) == name.as_ref());
    own.map(|own| (of, Arc::clone(own)))
        .into_iter()
        .chain(parts)
}

/// The relation that a definition is part of.
pub fn whole_of(definition: &Definition) -> Option<&Name> {
    match &definition.body {
        Body::Index(index) => Some(&index.table),
        Body::Trigger(trigger) => Some(&trigger.table),
        Body::Declared(declared) => declared.table.as_ref(),
        Body::Sequence(sequence) => sequence.owned_by.as_ref().map(|owner| &owner.table),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::samples::{column, owned, snapshot, table, view};

    fn path(text: &str) -> ObjectPath {
        let (names, arguments) = match text.split_once('(') {
            Some((names, rest)) => (names, Some(rest.trim_end_matches(')').to_owned())),
            None => (text, None),
        };
        ObjectPath {
            names: names.split('.').map(str::to_owned).collect(),
            arguments,
        }
    }

    #[test]
    fn types_are_known_by_their_other_names() {
        assert!(same_types("int, varchar[]", "integer, character varying[]"));
        assert!(same_types("", ""));
        assert!(!same_types("int", ""));
        assert!(!same_types("text", "integer"));
    }

    #[test]
    fn columns_are_found_behind_their_table() {
        let users = table("users", vec![column(9, "email", "text")]);
        let schema = snapshot([
            (1, owned(Body::Table(users))),
            (2, view("email", " SELECT 1 AS x", &[])),
        ]);
        let found = |text: &str| path(text).find_with_column(&schema);
        let email = Lineage([9; 16]);
        for text in ["users.email", "public.users.email"] {
            assert_eq!(
                found(text).map(|found| found.column),
                Ok(Some(email)),
                "{text}"
            );
        }
        assert_eq!(found("email").map(|found| found.column), Ok(None));
        assert_eq!(
            found("public.users.name").map_err(|error| error.message),
            Err("column \"public.users.name\" does not exist".to_owned())
        );
    }
}
