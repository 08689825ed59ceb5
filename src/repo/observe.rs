//! Looking at live objects: what a transaction touched, branch by branch.

use super::adopt::of_objects;
use super::database::Database;
use super::error::RepoError;
use super::pending::PendingDdl;
use crate::branch::{BranchMap, NameUse, ObjectName, Registry};
use crate::catalog::{
    self, CatalogId, Found, LineageBook, PhysicalTarget, Selection, Touched, TouchedRequest,
};
use crate::schema::model::{Body, Kind, Lineage, ObjectKey};
use crate::sql::plan::{Scope, TargetClass};
use crate::store::Stamp;
use crate::upstream::Executor;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// What was seen of one branch.
#[derive(Debug)]
pub struct Observed {
    pub map: Arc<BranchMap>,
    pub found: Vec<Found>,
    /// Objects and columns among those found that had no lineage before.
    pub newcomers: Vec<(CatalogId, Lineage)>,
    /// Objects that the branch had and the catalogs no longer have.
    pub gone: Vec<Gone>,
    /// Schemas that the branch gained: logical and physical name.
    pub new_schemas: Vec<(String, String)>,
}

/// An object that is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gone {
    /// Where it was, if that is known.
    pub id: Option<CatalogId>,
    pub lineage: Lineage,
}

/// Everything seen, and in which transaction.
#[derive(Debug)]
pub struct Sight {
    pub branches: Vec<Observed>,
    /// The transaction that looked: a record is bound to it.
    pub stamp: Stamp,
}

/// Looks at what `pending` changed, in the transaction that `session` has open.
pub async fn observe(
    database: &Database,
    session: &mut dyn Executor,
    pending: &PendingDdl,
) -> Result<Sight, RepoError> {
    let registry = database.registry();
    let request = Request::new(&registry, pending);
    // No text names it, and not all of it is locked.
    let hidden = if pending.may_hide {
        catalog::written(session).await?
    } else {
        Vec::new()
    };
    let mut touched = catalog::touched(
        session,
        TouchedRequest {
            targets: &request.targets,
            schemas: &request.schemas,
            objects: &hidden,
            everything: request.everything,
        },
    )
    .await?;
    for branch in &pending.lost {
        if let Some(map) = registry.branch(branch) {
            let lost = database.store().lost_objects(session, map.id()).await?;
            touched.gone.extend(lost);
        }
    }
    look(
        database,
        session,
        &registry,
        touched,
        &request.created_schemas,
    )
    .await
}

/// Reads the touched objects and sorts them by branch.
async fn look(
    database: &Database,
    session: &mut dyn Executor,
    registry: &Registry,
    touched: Touched,
    created_schemas: &BTreeMap<String, (Arc<BranchMap>, String)>,
) -> Result<Sight, RepoError> {
    let raw = database
        .read(session, Selection::Objects(&touched.ids))
        .await?;
    let read: HashSet<CatalogId> = raw.ids().into_iter().collect();
    // An object that is still there but was not read has become one that is not versioned.
    let missing: BTreeSet<CatalogId> = touched
        .ids
        .iter()
        .filter(|id| id.sub == 0 && !read.contains(id))
        .chain(&touched.gone)
        .copied()
        .collect();
    let asked: Vec<CatalogId> = read.iter().chain(&missing).copied().collect();
    let known = database.store().lineages(session, &asked).await?;
    let mut book = LineageBook::new(
        known
            .iter()
            .map(|(id, entry)| (*id, entry.lineage))
            .collect(),
    );

    let mut branches = Vec::new();
    for map in registry.branches() {
        let names = |physical: &str| -> Option<String> {
            if let Some((owner, logical)) = created_schemas.get(physical) {
                return (owner.id() == map.id()).then(|| logical.clone());
            }
            registry.logical_on(map.id(), physical)
        };
        let mut found = raw.objects(&names, &mut book)?;
        let gone: Vec<Gone> = missing
            .iter()
            .filter_map(|id| {
                let entry = known.get(id)?;
                (entry.branch == map.id()).then_some(Gone {
                    id: Some(*id),
                    lineage: entry.lineage,
                })
            })
            .collect();
        if found.is_empty() && gone.is_empty() {
            continue;
        }
        let rebuilt = rebuilt(database, map, &gone, &found, &book).await?;
        if !rebuilt.is_empty() {
            for (id, lineage) in rebuilt {
                book.assign(id, lineage);
            }
            found = raw.objects(&names, &mut book)?;
        }
        branches.push(Observed {
            map: Arc::clone(map),
            new_schemas: new_schemas(map, &found),
            newcomers: of_objects(&found, book.fresh().iter().copied()),
            found,
            gone,
        });
    }
    Ok(Sight {
        branches,
        stamp: Stamp {
            transaction_id: touched.transaction_id,
            backend_pid: touched.backend_pid,
            now_micros: touched.now_micros,
        },
    })
}

/// Whether the server itself drops and makes such objects again, when it changes the type of a column.
fn is_rebuilt_by_server(kind: Kind) -> bool {
    matches!(kind, Kind::Index | Kind::Statistics)
}

/// The lineages that objects had which were dropped and made again under the same name: they hold nothing that would
/// tell the old one from the new.
async fn rebuilt(
    database: &Database,
    map: &BranchMap,
    gone: &[Gone],
    found: &[Found],
    book: &LineageBook,
) -> Result<Vec<(CatalogId, Lineage)>, RepoError> {
    let fresh: HashSet<CatalogId> = book.fresh().iter().map(|(id, _)| *id).collect();
    let newcomers: HashMap<ObjectKey, CatalogId> = found
        .iter()
        .filter(|found| fresh.contains(&found.id) && is_rebuilt_by_server(found.definition.kind()))
        .map(|found| (found.definition.key(), found.id))
        .collect();
    if gone.is_empty() || newcomers.is_empty() {
        return Ok(Vec::new());
    }
    let head = database.current_head(map.branch()).await?;
    let store = database.store();
    let mut reader = database.reader();
    let lineages: Vec<Lineage> = gone.iter().map(|gone| gone.lineage).collect();
    let entries = store.tree_lookup(&mut reader, head.tree, &lineages).await?;
    let hashes: Vec<_> = entries.values().copied().collect();
    let definitions = store.objects(&mut reader, &hashes).await?;
    Ok(entries
        .into_iter()
        .filter_map(|(lineage, hash)| {
            let id = newcomers.get(&definitions.get(&hash)?.key())?;
            Some((*id, lineage))
        })
        .collect())
}

/// Schemas among `found` that the branch's map does not have yet.
pub fn new_schemas(map: &BranchMap, found: &[Found]) -> Vec<(String, String)> {
    if map.is_main() {
        return Vec::new();
    }
    found
        .iter()
        .filter_map(|found| match &found.definition.body {
            Body::Schema(schema) if map.logical_schema(&found.physical_schema).is_none() => {
                Some((schema.name.clone(), found.physical_schema.clone()))
            }
            _ => None,
        })
        .collect()
}

/// Pending DDL in physical names.
#[derive(Debug, Default)]
struct Request {
    targets: Vec<PhysicalTarget>,
    schemas: Vec<String>,
    everything: bool,
    /// Physical schemas that the statements may have created, and for whom.
    created_schemas: BTreeMap<String, (Arc<BranchMap>, String)>,
}

impl Request {
    fn new(registry: &Registry, pending: &PendingDdl) -> Self {
        let mut request = Self::default();
        let mut targets = BTreeSet::new();
        for (branch, target) in &pending.targets {
            let Some(map) = registry.branch(branch) else {
                continue;
            };
            if target.class == TargetClass::Schema {
                let physical = map
                    .physical_schema(&target.name, None, NameUse::Define)
                    .into_owned();
                request.note_created(registry, map, &target.name, &physical);
                targets.insert(PhysicalTarget {
                    class: target.class,
                    schema: String::new(),
                    name: physical,
                });
                continue;
            }
            targets.insert(PhysicalTarget {
                class: target.class,
                schema: target.schema.as_deref().map_or_else(String::new, |schema| {
                    let object = match target.class {
                        TargetClass::Relation => ObjectName::Relation(&target.name),
                        _ => ObjectName::Other(&target.name),
                    };
                    map.physical_schema(schema, Some(object), NameUse::Define)
                        .into_owned()
                }),
                name: target.name.clone(),
            });
        }
        request.targets = targets.into_iter().collect();
        for (branch, scope) in &pending.scopes {
            match scope {
                Scope::Targets => {}
                Scope::Everything => request.everything = true,
                Scope::Schemas(schemas) => {
                    let Some(map) = registry.branch(branch) else {
                        continue;
                    };
                    for schema in schemas {
                        let physical = map
                            .physical_schema(schema, None, NameUse::Define)
                            .into_owned();
                        request.note_created(registry, map, schema, &physical);
                        request.schemas.push(physical);
                    }
                }
            }
        }
        request
    }

    fn note_created(
        &mut self,
        registry: &Registry,
        map: &Arc<BranchMap>,
        logical: &str,
        physical: &str,
    ) {
        if !map.is_main() && !registry.is_taken(physical) {
            self.created_schemas
                .insert(physical.to_owned(), (Arc::clone(map), logical.to_owned()));
        }
    }
}

/// Versioned schemas of the database that exist: all of `main`'s are those that no branch claims.
const USER_SCHEMAS: &str = "
    SELECT n.nspname::text
      FROM pg_namespace AS n
     WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
       AND NOT EXISTS (SELECT FROM pg_depend AS d
                        WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
     ORDER BY 1";

/// The physical schemas that a branch has.
pub async fn user_schemas(
    executor: &mut dyn Executor,
    registry: &Registry,
    branch: i64,
) -> Result<Vec<String>, RepoError> {
    let is_own = |schema: &str| registry.logical_on(branch, schema).is_some();
    schemas(executor, is_own).await
}

/// The physical schemas whose contents are no business of a branch's.
pub async fn other_schemas(
    executor: &mut dyn Executor,
    registry: &Registry,
    branch: i64,
) -> Result<Vec<String>, RepoError> {
    schemas(executor, |schema| registry.is_elsewhere(branch, schema)).await
}

async fn schemas(
    executor: &mut dyn Executor,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<String>, RepoError> {
    let rows = executor.query(USER_SCHEMAS, &[]).await?;
    let mut schemas: Vec<String> = rows.into_iter().flatten().flatten().collect();
    schemas.retain(|schema| is_wanted(schema));
    Ok(schemas)
}
