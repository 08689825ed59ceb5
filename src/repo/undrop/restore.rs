//! The way back: before a table is made again, its rows are looked for among what was set aside.

use crate::branch::{BranchMap, NameUse};
use crate::catalog::{LineageBook, Selection};
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::schema::Snapshot;
use crate::schema::model::{Kind, Lineage, Name, ObjectKey, Table};
use crate::schema::quote::{quote_identifier, quote_literal};
use crate::store::KeptTable;
use crate::upstream::Executor;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The relations of a schema share its names.
const RELATIONS: [Kind; 5] = [
    Kind::Table,
    Kind::View,
    Kind::MaterializedView,
    Kind::Sequence,
    Kind::Index,
];

/// Tables that were brought back.
#[derive(Debug, Default)]
pub struct Restored {
    tables: Vec<KeptTable>,
    /// How text becomes what it was, by table and column: what rendering is to be told.
    pub using: BTreeMap<(Lineage, Lineage), String>,
}

/// Brings back the tables of a branch that `wanted` has, `before` has not, and whose rows were kept: bare, under their names, in the
/// transaction that `session` has open. `before` has them afterwards, so what leads from it to `wanted` makes them whole.
///
/// # Errors
/// `42501` if the session's role is not the owner's; what the server says.
pub async fn restore(
    database: &Database,
    session: &mut dyn Executor,
    map: &BranchMap,
    wanted: &Snapshot,
    before: &mut Snapshot,
) -> Result<Restored, RepoError> {
    let missing: Vec<Lineage> = wanted
        .differing(before)
        .into_iter()
        .filter(|lineage| before.get(lineage).is_none() && holds_rows(wanted, lineage).is_some())
        .collect();
    let store = database.store();
    let kept = store
        .kept_tables(&mut database.reader(), map.id(), &missing)
        .await?;
    let mut restored = Restored::default();
    if kept.is_empty() {
        return Ok(restored);
    }
    let who = session.query("SELECT session_user::text", &[]).await?;
    let who = who
        .into_iter()
        .flatten()
        .flatten()
        .next()
        .unwrap_or_default();
    for table in kept {
        let Some(definition) = holds_rows(wanted, &table.lineage) else {
            continue;
        };
        let name = &definition.name;
        if !has_schema(before, &name.schema) {
            continue;
        }
        // What has its name now goes or is renamed, and then it gets it back.
        let called = if is_free(before, name) {
            name.name.clone()
        } else {
            format!("restored {}", table.id)
        };
        let schema = map.physical_schema(&name.schema, None, NameUse::Define);
        let id = store
            .put_back(session, table.id, &schema, &called, &who)
            .await?;
        let raw = database.read(session, Selection::Objects(&[id])).await?;
        let known: HashMap<_, _> = store
            .lineages(session, &raw.ids())
            .await?
            .into_iter()
            .map(|(id, entry)| (id, entry.lineage))
            .collect();
        let registry = database.registry();
        let names = |physical: &str| registry.logical_on(map.id(), physical);
        for found in raw.objects(&names, &mut LineageBook::new(known))? {
            if let Some(bare) = found.definition.as_table() {
                let conversions = conversions(bare, definition);
                restored
                    .using
                    .extend(conversions.map(|(column, using)| ((table.lineage, column), using)));
            }
            before.insert(found.lineage, Arc::new(found.definition));
        }
        restored.tables.push(table);
    }
    Ok(restored)
}

impl Restored {
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Sets the sequences of what was brought back to where they were, once they are there again.
    pub async fn set_sequences(
        &self,
        session: &mut dyn Executor,
        map: &BranchMap,
        wanted: &Snapshot,
    ) -> Result<(), RepoError> {
        for table in &self.tables {
            let Some(definition) = holds_rows(wanted, &table.lineage) else {
                continue;
            };
            for sequence in &table.sequences {
                let Some(lineage) = sequence.lineage else {
                    continue;
                };
                let named = if sequence.identity {
                    let column = definition
                        .columns
                        .iter()
                        .find(|column| column.id == lineage && column.identity.is_some());
                    column.map(|column| {
                        format!(
                            "pg_get_serial_sequence({}, {})",
                            quote_literal(&physical(map, &definition.name)),
                            quote_literal(&column.name)
                        )
                    })
                } else {
                    let key = wanted.get(&lineage).map(|sequence| sequence.key());
                    key.filter(|key| key.kind == Kind::Sequence).map(|key| {
                        let name = Name {
                            schema: key.schema,
                            name: key.name,
                        };
                        quote_literal(&physical(map, &name))
                    })
                };
                if let Some(named) = named {
                    let sql = format!(
                        "SELECT setval({named}::text::regclass, {}, {})::text",
                        sequence.last_value, sequence.is_called
                    );
                    session.query(&sql, &[]).await?;
                }
            }
        }
        Ok(())
    }
}

/// The table of that lineage, if it is one that has rows of its own.
fn holds_rows<'a>(snapshot: &'a Snapshot, lineage: &Lineage) -> Option<&'a Table> {
    snapshot
        .get(lineage)?
        .as_table()
        .filter(|table| table.foreign.is_none() && table.partition_by.is_none())
}

fn has_schema(snapshot: &Snapshot, schema: &str) -> bool {
    let key = ObjectKey {
        kind: Kind::Schema,
        schema: String::new(),
        name: schema.to_owned(),
        qualifier: String::new(),
    };
    snapshot.by_key(&key).is_some()
}

fn is_free(snapshot: &Snapshot, name: &Name) -> bool {
    RELATIONS
        .iter()
        .all(|kind| snapshot.by_key(&ObjectKey::of(*kind, name)).is_none())
}

/// How the columns that became text become again what they were.
fn conversions<'a>(
    bare: &'a Table,
    wanted: &'a Table,
) -> impl Iterator<Item = (Lineage, String)> + use<'a> {
    wanted.columns.iter().filter_map(|column| {
        let now = bare.columns.iter().find(|now| now.id == column.id)?;
        let changed = now.data_type == "text" && now.data_type != column.data_type;
        changed.then(|| {
            let using = format!("{}::{}", quote_identifier(&column.name), column.data_type);
            (column.id, using)
        })
    })
}

fn physical(map: &BranchMap, name: &Name) -> String {
    let schema = map.physical_schema(&name.schema, None, NameUse::Define);
    format!(
        "{}.{}",
        quote_identifier(&schema),
        quote_identifier(&name.name)
    )
}
