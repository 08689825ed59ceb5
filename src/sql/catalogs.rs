//! What stands for a relation of the system in a query, so that it shows the session's branch and no other.
//!
//! `FROM pg_class` becomes `FROM (SELECT pggit_r.* FROM pg_catalog.pg_class AS pggit_r WHERE …) AS pg_class`. The server pulls such a subquery
//! up, so plans stay as they were; the conditions have no joins of their own (an uncorrelated subquery is hashed once), since more
//! joins would make others be planned as they are written.
//!
//! Aliases in it start with `pggit_`, since in PL/pgSQL any other name may be a variable's.
//!
//! On a branch its own schemas are there by their logical names, those of the system, and those that are not versioned. On `main`
//! all is there but what is in schemas of other branches. Which column says so is told by its name:
//!
//! - schemas by name: `nspname`, `schemaname`, and `…_schema` in `information_schema`;
//! - schemas by OID: `relnamespace` and its like;
//! - objects by OID, where listing them would show other branches: [`BY_OBJECT`].

use crate::branch::BranchMap;
use crate::catalog::SystemRelation;
use crate::catalog::system::{CATALOG_SCHEMA, INFORMATION_SCHEMA};
use crate::schema::quote::{quote_identifier, quote_literal};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Catalogs without a schema of their own: the columns with their objects, and where these are.
const BY_OBJECT: &[(&str, &[&str], &str, &str)] = &[
    ("pg_attrdef", &["adrelid"], "pg_class", "relnamespace"),
    ("pg_attribute", &["attrelid"], "pg_class", "relnamespace"),
    (
        "pg_cast",
        &["castsource", "casttarget"],
        "pg_type",
        "typnamespace",
    ),
    ("pg_enum", &["enumtypid"], "pg_type", "typnamespace"),
    ("pg_event_trigger", &["evtfoid"], "pg_proc", "pronamespace"),
    ("pg_foreign_table", &["ftrelid"], "pg_class", "relnamespace"),
    ("pg_index", &["indexrelid"], "pg_class", "relnamespace"),
    ("pg_inherits", &["inhrelid"], "pg_class", "relnamespace"),
    ("pg_policy", &["polrelid"], "pg_class", "relnamespace"),
    (
        "pg_publication_rel",
        &["prrelid"],
        "pg_class",
        "relnamespace",
    ),
    ("pg_range", &["rngtypid"], "pg_type", "typnamespace"),
    ("pg_rewrite", &["ev_class"], "pg_class", "relnamespace"),
    ("pg_sequence", &["seqrelid"], "pg_class", "relnamespace"),
    ("pg_transform", &["trftype"], "pg_type", "typnamespace"),
    ("pg_trigger", &["tgrelid"], "pg_class", "relnamespace"),
];

/// The relation that shows the proxy's own statements, too.
pub const PREPARED_STATEMENTS: &str = "pg_prepared_statements";

/// What has to hold of a prepared statement that is shown: the proxy's own have such names (`session/executor.rs`).
const IS_CLIENTS: &str =
    "pggit_r.name OPERATOR(pg_catalog.!~) '^pggit:(passing|refused|[0-9]+)$'::pg_catalog.text";

/// Whether a prepared statement is one that [`IS_CLIENTS`] hides.
pub fn is_own_statement(name: &str) -> bool {
    name.strip_prefix("pggit:").is_some_and(|rest| {
        matches!(rest, "passing" | "refused")
            || !rest.is_empty() && rest.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// Ends of the names of columns in `information_schema` that say where something is which the row is not about. They count for it
/// only where there are no others: then the first of them does.
const MENTIONED: &[&str] = &[
    "udt_schema",
    "domain_schema",
    "collation_schema",
    "collate_schema",
    "set_schema",
    "scope_schema",
    "type_schema",
    "ordering_routine_schema",
    "module_schema",
    "to_sql_specific_schema",
    "unique_constraint_schema",
];

/// The queries that show one branch.
#[derive(Clone, Copy, Debug)]
pub struct Catalogs<'a> {
    map: &'a BranchMap,
}

/// What a column says of where a row belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Nothing,
    /// The name of a schema.
    Schema,
    /// The OID of a schema.
    Namespace,
}

impl<'a> Catalogs<'a> {
    pub fn of(map: &'a BranchMap) -> Self {
        Self { map }
    }

    /// Whether anything that a text reads may be other than it is shown.
    pub fn concern(self, text: &str) -> bool {
        let names_own = |word: &[u8]| word.eq_ignore_ascii_case(PREPARED_STATEMENTS.as_bytes());
        self.map.is_among_others()
            || text
                .as_bytes()
                .windows(PREPARED_STATEMENTS.len())
                .any(names_own)
    }

    /// The query, in parentheses, that stands for a relation; `None` if that is none of the system's, or shows no names. It has
    /// these system columns, too.
    pub fn query(self, schema: &str, relation: &str, system_columns: &[&str]) -> Option<String> {
        let found = self.map.shared().system.find(schema, relation)?;
        let conditions = self.conditions(schema, relation, found);
        let mut columns = self.columns(schema, relation, found);
        if conditions.is_empty() && columns.is_none() {
            return None;
        }
        if found.is_table && !system_columns.is_empty() {
            let columns = columns.get_or_insert_with(|| "pggit_r.*".to_owned());
            for column in system_columns {
                columns.push_str(", pggit_r.");
                columns.push_str(column);
            }
        }
        let columns = columns.as_deref().unwrap_or("pggit_r.*");
        let relation = quote_identifier(relation);
        let mut query = format!("(SELECT {columns} FROM {schema}.{relation} AS pggit_r");
        for (index, condition) in conditions.iter().enumerate() {
            query.push_str(if index == 0 { " WHERE " } else { " AND " });
            query.push_str(condition);
        }
        query.push(')');
        Some(query)
    }

    /// `current_schema`, as a scalar subquery that gives its column the same name.
    pub fn current_schema(self) -> Option<String> {
        let name = self.logical("pg_catalog.current_schema()", "pg_catalog.name")?;
        Some(format!("(SELECT {name} AS current_schema)"))
    }

    /// What to put before and after the argument of `current_schemas`. A bare subquery would be one whose rows `ANY (…)` looks at.
    pub fn current_schemas(self) -> Option<(String, String)> {
        let name = self.logical("pggit_s.name", "pg_catalog.name")?;
        Some((
            format!(
                "(SELECT ARRAY(SELECT {name} FROM pg_catalog.unnest(pg_catalog.current_schemas("
            ),
            ")) WITH ORDINALITY AS pggit_s (name, place) ORDER BY pggit_s.place) AS current_schemas)::pg_catalog.name[]"
                .to_owned(),
        ))
    }

    /// The columns, where some are not what they are in the relation.
    fn columns(self, schema: &str, relation: &str, found: &SystemRelation) -> Option<String> {
        let mut changed = false;
        let columns = found.columns.iter().map(|column| {
            let plain = format!("pggit_r.{}", quote_identifier(column));
            let other = match says(schema, relation, column) {
                Says::Nothing => None,
                Says::Schema if schema == INFORMATION_SCHEMA => {
                    self.logical(&plain, "information_schema.sql_identifier")
                }
                Says::Schema => self.logical(&plain, "pg_catalog.name"),
                Says::Namespace => self.own_namespace(&plain, relation == "pg_extension"),
            };
            changed |= other.is_some();
            match other {
                Some(other) => format!("{other} AS {}", quote_identifier(column)),
                None => plain,
            }
        });
        let columns = columns.collect::<Vec<_>>().join(", ");
        changed.then_some(columns)
    }

    /// The logical name of the schema whose physical one an expression gives.
    fn logical(self, expression: &str, of_type: &str) -> Option<String> {
        if self.map.is_main() {
            return None;
        }
        let names: BTreeMap<&str, &str> = (self.map.schemas())
            .map(|(logical, physical)| (physical, logical))
            .collect();
        let names = quote_literal(&serde_json::to_string(&names).ok()?);
        Some(format!(
            "coalesce(pg_catalog.jsonb_object_field_text({names}::pg_catalog.jsonb, {expression}::pg_catalog.text)::{of_type} \
             COLLATE pg_catalog.\"C\", {expression})"
        ))
    }

    /// Members of extensions that live in versioned schemas are in `main`'s: they are shown in the branch's.
    fn own_namespace(self, expression: &str, of_extensions: bool) -> Option<String> {
        let mut text = String::from("CASE");
        for (logical, physical) in self.schemas_with_members(of_extensions) {
            let oid = |name: &str| {
                format!(
                    "(SELECT pggit_n.oid FROM pg_catalog.pg_namespace AS pggit_n WHERE pggit_n.nspname OPERATOR(pg_catalog.=) {}::pg_catalog.name)",
                    quote_literal(name)
                )
            };
            let _ = write!(
                text,
                " WHEN {expression} OPERATOR(pg_catalog.=) {} THEN {}",
                oid(logical),
                oid(physical)
            );
        }
        (text.len() > 4).then(|| format!("{text} ELSE {expression} END"))
    }

    fn schemas_with_members(self, all: bool) -> impl Iterator<Item = (&'a str, &'a str)> {
        let members = &self.map.shared().extension_members;
        let having = members.schemas();
        let has_any = !members.is_empty();
        self.map
            .schemas()
            .filter(move |(logical, _)| has_any && (all || having.contains(logical)))
    }

    /// What has to hold of a row that is shown.
    fn conditions(self, schema: &str, relation: &str, found: &SystemRelation) -> Vec<String> {
        if schema == CATALOG_SCHEMA && relation == PREPARED_STATEMENTS {
            return vec![IS_CLIENTS.to_owned()];
        }
        if !self.map.is_among_others() {
            return Vec::new();
        }
        if schema == CATALOG_SCHEMA {
            if relation == "pg_extension" {
                return Vec::new();
            }
            if let Some((_, columns, object, namespace)) =
                BY_OBJECT.iter().find(|(name, ..)| *name == relation)
            {
                return (columns.iter())
                    .map(|column| self.is_object_shown(column, object, namespace))
                    .collect();
            }
        }
        let about = |column: &&String| {
            !MENTIONED.iter().any(|end| column.ends_with(end)) || schema != INFORMATION_SCHEMA
        };
        let telling = || {
            (found.columns.iter()).filter(|column| says(schema, relation, column) != Says::Nothing)
        };
        let mut columns: Vec<&String> = telling().filter(about).collect();
        if columns.is_empty() {
            columns.extend(telling().next());
        }
        columns
            .into_iter()
            .map(|column| {
                let expression = format!("pggit_r.{}", quote_identifier(column));
                if says(schema, relation, column) == Says::Schema {
                    return self.is_schema_shown(&expression);
                }
                let shown = self.is_namespace_shown(&expression);
                match self.is_member(schema, relation) {
                    Some(member) => format!("({shown} OR {member})"),
                    None => shown,
                }
            })
            .collect()
    }

    fn is_schema_shown(self, name: &str) -> String {
        if self.map.is_main() {
            return format!(
                "({name}::pg_catalog.text OPERATOR(pg_catalog.=) ANY (SELECT pggit_s.physical FROM pggit.branch_schema AS pggit_s)) IS NOT TRUE"
            );
        }
        let excluded = self.map.shared().excluded_schemas.iter();
        let names: Vec<String> = (self.map.schemas())
            .map(|(_, physical)| physical)
            .chain([INFORMATION_SCHEMA])
            .chain(excluded.map(String::as_str))
            .map(quote_literal)
            .collect();
        format!(
            "({name} OPERATOR(pg_catalog.=) ANY (ARRAY[{}]::pg_catalog.name[]) \
             OR pg_catalog.starts_with({name}::pg_catalog.text, 'pg_')) IS NOT FALSE",
            names.join(", ")
        )
    }

    /// Of none in particular (zero) is shown.
    fn is_namespace_shown(self, oid: &str) -> String {
        if self.map.is_main() {
            return format!(
                "({oid} OPERATOR(pg_catalog.=) ANY (SELECT pggit_n.oid FROM pg_catalog.pg_namespace AS pggit_n, pggit.branch_schema AS pggit_s \
                 WHERE pggit_n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) pggit_s.physical)) IS NOT TRUE"
            );
        }
        format!(
            "({oid} OPERATOR(pg_catalog.=) ANY (SELECT pggit_n.oid FROM pg_catalog.pg_namespace AS pggit_n WHERE {}) \
             OR {oid} OPERATOR(pg_catalog.=) 0::pg_catalog.oid) IS NOT FALSE",
            self.is_schema_shown("pggit_n.nspname")
        )
    }

    fn is_object_shown(self, column: &str, object: &str, namespace: &str) -> String {
        let mut shown = self.is_namespace_shown(&format!("pggit_o.{namespace}"));
        if let Some(member) = self.is_member_of(object, "pggit_o.oid") {
            shown = format!("({shown} OR {member})");
        }
        format!(
            "(EXISTS (SELECT FROM pg_catalog.{object} AS pggit_o WHERE pggit_o.oid OPERATOR(pg_catalog.=) pggit_r.{column} AND {shown})) IS TRUE"
        )
    }

    fn is_member(self, schema: &str, relation: &str) -> Option<String> {
        let found = self.map.shared().system.find(schema, relation)?;
        let has_oid = found.columns.iter().any(|column| column == "oid");
        has_oid.then(|| self.is_member_of(relation, "pggit_r.oid"))?
    }

    /// Whether an object is a member of an extension in a versioned schema: on a branch it is not where the branch's are.
    fn is_member_of(self, catalog: &str, oid: &str) -> Option<String> {
        if self.map.is_main() || self.map.shared().extension_members.is_empty() {
            return None;
        }
        // An array's type belongs to that of its elements.
        let object = match oid.strip_suffix(".oid") {
            Some(row) if catalog == "pg_type" => format!(
                "CASE WHEN {row}.typtype OPERATOR(pg_catalog.=) 'b'::pg_catalog.\"char\" \
                 AND {row}.typcategory OPERATOR(pg_catalog.=) 'A'::pg_catalog.\"char\" THEN {row}.typelem ELSE {oid} END"
            ),
            _ => oid.to_owned(),
        };
        let catalog = quote_literal(&format!("{CATALOG_SCHEMA}.{catalog}"));
        Some(format!(
            "EXISTS (SELECT FROM pg_catalog.pg_depend AS pggit_d WHERE pggit_d.classid OPERATOR(pg_catalog.=) {catalog}::pg_catalog.regclass \
             AND pggit_d.objid OPERATOR(pg_catalog.=) {object} AND pggit_d.objsubid OPERATOR(pg_catalog.=) 0 \
             AND pggit_d.deptype OPERATOR(pg_catalog.=) 'e'::pg_catalog.\"char\")"
        ))
    }
}

fn says(schema: &str, relation: &str, column: &str) -> Says {
    if schema == INFORMATION_SCHEMA {
        if column == "schema_name" || column.ends_with("_schema") {
            return Says::Schema;
        }
        return Says::Nothing;
    }
    match column {
        "nspname" if relation == "pg_namespace" => Says::Schema,
        _ if column.ends_with("schemaname") => Says::Schema,
        _ if column.ends_with("namespace") => Says::Namespace,
        _ => Says::Nothing,
    }
}
