//! Introspection: objects of the live catalogs as the server describes them.

use super::row::{
    self, DeclaredRow, NameRow, Reference, RelationRow, RoutineRow, SchemaRow, TriggerRow, TypeRow,
};
use super::server::require_supported;
use super::{CatalogError, CatalogId};
use crate::schema::model::{Definition, Lineage};
use crate::upstream::{Executor, Row};
use std::collections::{BTreeMap, BTreeSet};

const INVENTORY: &str = include_str!("sql/inventory.sql");
const SCHEMAS: &str = include_str!("sql/schemas.sql");
const TYPES: &str = include_str!("sql/types.sql");
const ROUTINES: &str = include_str!("sql/routines.sql");
const RELATIONS: &str = include_str!("sql/relations.sql");
const TRIGGERS: &str = include_str!("sql/triggers.sql");

/// The queries for kinds that are kept as their statement, by the catalog that has them.
const DECLARED: &[(u32, &str)] = &[
    (CatalogId::TYPE, include_str!("sql/ranges.sql")),
    (CatalogId::TYPE, include_str!("sql/base_types.sql")),
    (CatalogId::ROUTINE, include_str!("sql/aggregates.sql")),
    (CatalogId::POLICY, include_str!("sql/policies.sql")),
    (CatalogId::OPERATOR, include_str!("sql/operators.sql")),
    (
        CatalogId::OPERATOR_FAMILY,
        include_str!("sql/operator_families.sql"),
    ),
    (
        CatalogId::OPERATOR_CLASS,
        include_str!("sql/operator_classes.sql"),
    ),
    (CatalogId::COLLATION, include_str!("sql/collations.sql")),
    (CatalogId::CONVERSION, include_str!("sql/conversions.sql")),
    (
        CatalogId::TEXT_SEARCH_PARSER,
        include_str!("sql/text_search_parsers.sql"),
    ),
    (
        CatalogId::TEXT_SEARCH_TEMPLATE,
        include_str!("sql/text_search_templates.sql"),
    ),
    (
        CatalogId::TEXT_SEARCH_DICTIONARY,
        include_str!("sql/text_search_dictionaries.sql"),
    ),
    (
        CatalogId::TEXT_SEARCH_CONFIGURATION,
        include_str!("sql/text_search_configurations.sql"),
    ),
    (CatalogId::RULE, include_str!("sql/rules.sql")),
    (CatalogId::STATISTICS, include_str!("sql/statistics.sql")),
    (CatalogId::CAST, include_str!("sql/casts.sql")),
    (
        CatalogId::DEFAULT_PRIVILEGES,
        include_str!("sql/default_privileges.sql"),
    ),
];
const NAMES: &str = include_str!("sql/names.sql");

/// The catalogs of which that query takes OIDs, in order.
const NAMED: [u32; 11] = [
    CatalogId::RELATION,
    CatalogId::TYPE,
    CatalogId::ROUTINE,
    CatalogId::OPERATOR,
    CatalogId::OPERATOR_FAMILY,
    CatalogId::OPERATOR_CLASS,
    CatalogId::COLLATION,
    CatalogId::TEXT_SEARCH_PARSER,
    CatalogId::TEXT_SEARCH_TEMPLATE,
    CatalogId::TEXT_SEARCH_DICTIONARY,
    CatalogId::TEXT_SEARCH_CONFIGURATION,
];

/// What to read.
#[derive(Clone, Copy, Debug)]
pub enum Selection<'a> {
    /// Everything in these physical schemas, and the schemas themselves.
    Schemas(&'a [String]),
    /// These objects, where they exist and are versioned; attribute numbers are ignored.
    Objects(&'a [CatalogId]),
}

/// Objects as they were read: physical names, catalog OIDs.
#[derive(Clone, Debug, Default)]
pub struct Raw {
    pub(super) schemas: Vec<SchemaRow>,
    pub(super) types: Vec<TypeRow>,
    pub(super) routines: Vec<RoutineRow>,
    pub(super) relations: Vec<RelationRow>,
    pub(super) triggers: Vec<TriggerRow>,
    /// By catalog.
    pub(super) declared: Vec<(u32, Vec<DeclaredRow>)>,
    /// What the objects depend on and is not among them.
    pub(super) names: Vec<NameRow>,
}

/// One object in logical names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub id: CatalogId,
    /// Where it lives; for a schema, its own physical name.
    pub physical_schema: String,
    pub lineage: Lineage,
    pub definition: Definition,
}

/// Reads objects from the live catalogs: one query for each catalog that holds any of them, and one
/// more if they depend on something that is not among them. `server_version` is `server_version_num`.
pub async fn read(
    exec: &mut dyn Executor,
    server_version: u32,
    selection: Selection<'_>,
) -> Result<Raw, CatalogError> {
    require_supported(server_version)?;
    let wanted = match selection {
        Selection::Objects(ids) => by_class(ids.iter().map(|id| (id.class, id.oid))),
        Selection::Schemas(schemas) => by_class(inventory(exec, Some(schemas)).await?),
    };
    let mut raw = Raw::default();
    for (class, oids) in &wanted {
        let mut run = async |sql| exec.query(sql, &[Some(&oid_array(oids))]).await;
        match *class {
            CatalogId::SCHEMA => raw.schemas = row::parse(&run(SCHEMAS).await?)?,
            CatalogId::TYPE => raw.types = row::parse(&run(TYPES).await?)?,
            CatalogId::ROUTINE => raw.routines = row::parse(&run(ROUTINES).await?)?,
            CatalogId::RELATION => raw.relations = row::parse(&run(RELATIONS).await?)?,
            CatalogId::TRIGGER => raw.triggers = row::parse(&run(TRIGGERS).await?)?,
            _ => {}
        }
        for (_, sql) in DECLARED.iter().filter(|(of, _)| of == class) {
            let rows = exec.query(sql, &[Some(&oid_array(oids))]).await?;
            raw.declared.push((*class, row::parse(&rows)?));
        }
    }
    let unnamed = raw.unnamed();
    if !unnamed.is_empty() {
        let of = NAMED.map(|class| oid_array(unnamed.get(&class).unwrap_or(&BTreeSet::new())));
        let of: Vec<Option<&str>> = of.iter().map(|oids| Some(oids.as_str())).collect();
        let rows: Vec<Row> = exec.query(NAMES, &of).await?;
        raw.names = row::parse(&rows)?;
    }
    Ok(raw)
}

/// Everything that may be versioned in these physical schemas, and the schemas themselves, without looking closer.
pub async fn contents(
    exec: &mut dyn Executor,
    schemas: &[String],
) -> Result<Vec<CatalogId>, CatalogError> {
    let addresses = inventory(exec, Some(schemas)).await?;
    Ok(addresses
        .into_iter()
        .map(|(class, oid)| CatalogId::object(class, oid))
        .collect())
}

/// The addresses, as catalog and OID, of everything that may be versioned in these schemas, or in all.
pub(super) async fn inventory(
    exec: &mut dyn Executor,
    schemas: Option<&[String]>,
) -> Result<Vec<(u32, u32)>, CatalogError> {
    let schemas = schemas.map(text_array);
    let rows = exec.query(INVENTORY, &[schemas.as_deref()]).await?;
    Ok(row::addresses(&rows)?)
}

impl Raw {
    /// Every object and column in it: what the store is to be asked the lineage of.
    pub fn ids(&self) -> Vec<CatalogId> {
        let mut ids = Vec::new();
        for row in &self.schemas {
            ids.push(CatalogId::object(CatalogId::SCHEMA, row.common.oid));
        }
        for row in &self.types {
            let id = CatalogId::object(CatalogId::TYPE, row.common.oid);
            ids.push(id);
            let attributes = row.attributes.iter().flatten();
            ids.extend(attributes.map(|attribute| id.with_sub(attribute.number)));
        }
        for row in &self.routines {
            ids.push(CatalogId::object(CatalogId::ROUTINE, row.common.oid));
        }
        for row in &self.relations {
            let id = CatalogId::object(CatalogId::RELATION, row.common.oid);
            ids.push(id);
            if matches!(row.relkind, 'r' | 'p' | 'f') {
                let columns = row.columns.iter().flatten();
                ids.extend(columns.map(|column| id.with_sub(column.number)));
            }
        }
        for row in &self.triggers {
            ids.push(CatalogId::object(CatalogId::TRIGGER, row.common.oid));
        }
        for (class, rows) in &self.declared {
            let oids = rows.iter().map(|row| row.common.oid);
            ids.extend(oids.map(|oid| CatalogId::object(*class, oid)));
        }
        ids
    }

    /// The OIDs of what the objects refer to and is not among them.
    pub fn references(&self) -> impl Iterator<Item = u32> {
        self.unnamed().into_values().flatten()
    }

    /// What the objects refer to, has a name to be printed with, and is not among them, by catalog.
    fn unnamed(&self) -> BTreeMap<u32, BTreeSet<u32>> {
        let here: BTreeSet<Reference> = (self.types.iter())
            .map(|row| (CatalogId::TYPE, row.common.oid))
            .chain((self.routines.iter()).map(|row| (CatalogId::ROUTINE, row.common.oid)))
            .chain((self.relations.iter()).map(|row| (CatalogId::RELATION, row.common.oid)))
            .chain(
                (self.declared.iter())
                    .flat_map(|(class, rows)| rows.iter().map(|row| (*class, row.common.oid))),
            )
            .map(|(class, oid)| Reference { class, oid })
            .collect();
        let references = (self.types.iter().map(|row| &row.common))
            .chain(self.routines.iter().map(|row| &row.common))
            .chain(self.relations.iter().map(|row| &row.common))
            .chain(self.triggers.iter().map(|row| &row.common))
            .chain((self.declared.iter()).flat_map(|(_, rows)| rows.iter().map(|row| &row.common)))
            .flat_map(|common| common.references.iter().flatten())
            .filter(|reference| NAMED.contains(&reference.class) && !here.contains(reference));
        by_class(references.map(|reference| (reference.class, reference.oid)))
    }
}

fn by_class(addresses: impl IntoIterator<Item = (u32, u32)>) -> BTreeMap<u32, BTreeSet<u32>> {
    let mut classes: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (class, oid) in addresses {
        classes.entry(class).or_default().insert(oid);
    }
    classes
}

/// The text of an `oid[]`.
pub(super) fn oid_array(oids: &BTreeSet<u32>) -> String {
    let oids: Vec<String> = oids.iter().map(u32::to_string).collect();
    format!("{{{}}}", oids.join(","))
}

/// The text of an `int8[]`.
pub(super) fn oid_groups(groups: &[u32]) -> String {
    let groups: Vec<String> = groups.iter().map(u32::to_string).collect();
    format!("{{{}}}", groups.join(","))
}

/// The text of a `text[]`.
pub(super) fn text_array(texts: &[String]) -> String {
    let quoted: Vec<String> = texts
        .iter()
        .map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    format!("{{{}}}", quoted.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_quoted_as_the_server_reads_them() {
        assert_eq!(oid_array(&[3, 1].into()), "{1,3}");
        assert_eq!(
            text_array(&["public@a".to_owned(), r#"o"d\d, {x}"#.to_owned()]),
            r#"{"public@a","o\"d\\d, {x}"}"#
        );
    }
}
