//! A branch's objects are brought from one schema to another.

use super::graph::is_relation;
use super::guard;
use crate::branch::{BranchMap, NameUse};
use crate::catalog::{self, CatalogId, Selection};
use crate::error::{ErrorReport, SqlState};
use crate::repo::adopt::adopt;
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::schema::model::{Body, Definition, Kind, Lineage};
use crate::schema::{self, RenderOptions, Snapshot};
use crate::sql::retarget;
use crate::store::{Placed, PlacedColumn};
use crate::upstream::Executor;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Statements that bring a branch from one schema to another, and what will be where.
#[derive(Debug)]
pub struct Migration {
    script: String,
    /// Objects that are made or altered.
    made: Vec<(Lineage, Arc<Definition>)>,
    /// Objects and columns whose addresses may no longer be what they were.
    moved: Vec<Lineage>,
}

impl Migration {
    /// Works out what leads from `from` to `to`, with the functions `called` running as their owners
    /// meanwhile. Takes a while for many objects: not to be done where others wait.
    pub fn new(
        from: &Snapshot,
        to: &Snapshot,
        map: &BranchMap,
        options: &RenderOptions,
        called: &[Arc<Definition>],
    ) -> Result<Self, RepoError> {
        let changes = schema::diff(from, to);
        let steps = schema::render(&changes, from, to, options);
        let statements = guard::statements(&steps, called);
        let script = retarget(&statements.join(";\n"), map)?;
        let mut made = Vec::new();
        let mut moved = Vec::new();
        for change in &changes {
            if let Some(old) = from.get(&change.lineage) {
                moved.push(change.lineage);
                moved.extend(members(old).map(|member| member.lineage));
            }
            if let Some(new) = to.get(&change.lineage) {
                made.push((change.lineage, Arc::clone(new)));
            }
        }
        Ok(Self {
            script,
            made,
            moved,
        })
    }

    /// Runs the statements and notes where everything is, in the transaction that `executor`, an administrative
    /// connection, has open.
    pub async fn apply(
        &self,
        database: &Database,
        executor: &mut dyn Executor,
        map: &BranchMap,
    ) -> Result<(), RepoError> {
        if !self.script.is_empty() {
            executor.batch(&self.script).await?;
        }
        if !self.moved.is_empty() {
            database
                .store()
                .forget_lineages(executor, map.id(), &self.moved)
                .await?;
        }
        self.place(database, executor, map).await
    }

    /// Notes the addresses of what was made. Relations and triggers, the bulk of a schema, are found by name; the
    /// rest is what the branch's schemas hold and nobody knows yet.
    async fn place(
        &self,
        database: &Database,
        executor: &mut dyn Executor,
        map: &BranchMap,
    ) -> Result<(), RepoError> {
        let mut placed = Vec::new();
        let mut others = Snapshot::default();
        for (lineage, definition) in &self.made {
            match by_name(*lineage, definition, map) {
                Some(entry) => placed.push(entry),
                None => {
                    others.insert(*lineage, Arc::clone(definition));
                }
            }
        }
        let mut missing: HashSet<Lineage> = self.made.iter().map(|(lineage, _)| *lineage).collect();
        if !placed.is_empty() {
            let found = database
                .store()
                .place_relations(executor, map.id(), &placed)
                .await?;
            missing.retain(|lineage| !found.contains(lineage));
        }
        if !others.is_empty() {
            for lineage in find(database, executor, map, &others).await? {
                missing.remove(&lineage);
            }
        }
        match self
            .made
            .iter()
            .find(|(lineage, _)| missing.contains(lineage))
        {
            None => Ok(()),
            Some((_, definition)) => Err(ErrorReport::new(
                SqlState::INTERNAL_ERROR,
                format!("{} was made but is not there", definition.key()),
            )
            .into()),
        }
    }
}

/// Notes the addresses of `wanted`, which are looked for among what has none. Returns the lineages of those found.
async fn find(
    database: &Database,
    executor: &mut dyn Executor,
    map: &BranchMap,
    wanted: &Snapshot,
) -> Result<Vec<Lineage>, RepoError> {
    let schemas: Vec<String> = map
        .schemas()
        .map(|(_, physical)| physical.to_owned())
        .collect();
    let mut ids = catalog::contents(executor, &schemas).await?;
    // Relations are many, and those without a lineage are constraints' indexes.
    if wanted
        .definitions()
        .all(|wanted| !is_relation(wanted.kind()))
    {
        ids.retain(|id| id.class != CatalogId::RELATION);
    }
    let known = database.store().lineages(executor, &ids).await?;
    let strangers: Vec<CatalogId> = ids
        .into_iter()
        .filter(|id| !known.contains_key(id))
        .collect();
    let raw = database
        .read(executor, Selection::Objects(&strangers))
        .await?;
    let names = |physical: &str| map.logical_schema(physical).map(str::to_owned);
    let adopted = adopt(&raw, &names, wanted, &HashMap::new())?;
    let found: Vec<_> = adopted
        .found
        .iter()
        .filter(|found| wanted.contains(&found.lineage))
        .collect();
    let addresses: HashSet<(u32, u32)> = found
        .iter()
        .map(|found| (found.id.class, found.id.oid))
        .collect();
    let newcomers: Vec<(CatalogId, Lineage)> = adopted
        .newcomers
        .iter()
        .filter(|(id, _)| addresses.contains(&(id.class, id.oid)))
        .copied()
        .collect();
    database
        .store()
        .place_objects(executor, map.id(), &newcomers)
        .await?;
    Ok(found.iter().map(|found| found.lineage).collect())
}

/// Where an object that its name tells apart will be.
fn by_name(lineage: Lineage, definition: &Definition, map: &BranchMap) -> Option<Placed> {
    let key = definition.key();
    let class = match key.kind {
        kind if is_relation(kind) => CatalogId::RELATION,
        Kind::Trigger => CatalogId::TRIGGER,
        Kind::Policy => CatalogId::POLICY,
        Kind::Rule => CatalogId::RULE,
        Kind::Statistics => CatalogId::STATISTICS,
        _ => return None,
    };
    let schema = map.physical_schema(&key.schema, None, NameUse::Define);
    Some(Placed {
        class,
        schema: schema.into_owned(),
        name: key.name,
        relation: key.qualifier,
        lineage,
        columns: members(definition).collect(),
    })
}

/// The parts of an object that have a lineage of their own.
fn members(definition: &Definition) -> impl Iterator<Item = PlacedColumn> {
    let columns = match &definition.body {
        Body::Table(table) => table.columns.as_slice(),
        _ => &[],
    };
    let attributes = match &definition.body {
        Body::Composite(composite) => composite.attributes.as_slice(),
        _ => &[],
    };
    let columns = columns.iter().map(|column| (&column.name, column.id));
    let attributes = attributes
        .iter()
        .map(|attribute| (&attribute.name, attribute.id));
    columns
        .chain(attributes)
        .map(|(name, lineage)| PlacedColumn {
            name: name.clone(),
            lineage,
        })
}
