//! The databases behind the proxy, and what is known of each.

use super::error::RepoError;
use super::expiry::{self, Presence};
use super::hydration::{self, Hydration};
use super::observe::{Observed, user_schemas};
use super::settings::StartupSettings;
use super::survey::Verified;
use super::undrop;
use crate::branch::{
    BranchEntry, BranchMap, MAIN, Registry, SearchPath, SharedObjects, search_path,
};
use crate::catalog::{self, CatalogError, Raw, Selection, SystemRelations, Unsupported};
use crate::config::Config;
use crate::error::ErrorReport;
use crate::schema::Snapshot;
use crate::store::{BranchHead, CommitHash, Stamp, Store, StoreError, TreeHash};
use crate::telemetry::Metrics;
use crate::upstream::admin::{AdminConnection, AdminPools};
use crate::upstream::{DbError, Executor, Row};
use arc_swap::ArcSwap;
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use futures::future::BoxFuture;
use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long "not initialised" is believed.
const ABSENCE_REMEMBERED: Duration = Duration::from_secs(1);

/// What configuration says about versioning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioning {
    /// Schemas that are not versioned.
    pub excluded_schemas: BTreeSet<String>,
    /// Names of tables that are migration ledgers, in any schema.
    pub migration_ledgers: BTreeSet<String>,
    /// What schemas that are kept for comparing may take, for each database.
    pub schema_cache_bytes: u64,
    /// How long the rows of dropped tables are kept, if at all.
    pub keep_dropped: Option<Duration>,
}

impl Default for Versioning {
    fn default() -> Self {
        Self {
            excluded_schemas: BTreeSet::new(),
            migration_ledgers: BTreeSet::new(),
            schema_cache_bytes: 256 << 20,
            keep_dropped: None,
        }
    }
}

impl From<&Config> for Versioning {
    fn from(config: &Config) -> Self {
        let versioning = &config.versioning;
        Self {
            excluded_schemas: versioning.excluded_schemas.iter().cloned().collect(),
            migration_ledgers: versioning.migration_ledgers.iter().cloned().collect(),
            schema_cache_bytes: config.limits.schema_cache_bytes.0 as u64,
            keep_dropped: config.undrop.keep.map(|keep| keep.0),
        }
    }
}

/// Everything the proxy knows: one per process.
#[derive(Debug)]
pub struct Repo {
    pools: Arc<Pools>,
    versioning: Arc<Versioning>,
    metrics: Option<Arc<Metrics>>,
    databases: DashMap<String, Known>,
    /// Opening a database is done once, however many sessions ask for it at the same time.
    opening: Mutex<()>,
}

#[derive(Clone, Debug)]
enum Known {
    Versioned(Arc<Database>),
    Absent(Instant),
}

/// Administrative connections, in two sets so that they cannot starve each other: an operation may
/// wait for a lock that a client's transaction holds, while that transaction's capture waits for a reader.
#[derive(Debug)]
struct Pools {
    operations: AdminPools,
    readers: AdminPools,
}

impl Repo {
    pub fn new(operations: AdminPools, readers: AdminPools, versioning: Versioning) -> Self {
        Self {
            pools: Arc::new(Pools {
                operations,
                readers,
            }),
            versioning: Arc::new(versioning),
            metrics: None,
            databases: DashMap::new(),
            opening: Mutex::new(()),
        }
    }

    /// The same, with what it does by itself counted.
    #[must_use]
    pub fn counting(self, metrics: Arc<Metrics>) -> Self {
        Self {
            metrics: Some(metrics),
            ..self
        }
    }

    /// The database of that name, or `None` where it has no `pggit` schema: its sessions pass through
    /// untouched. Remembered; a database that becomes initialised is noticed within a second. A schema that an older
    /// program has made is brought up to date before anything else is done with it.
    pub async fn database(&self, name: &str) -> Result<Option<Arc<Database>>, DbError> {
        if let Some(known) = self.remembered(name) {
            return Ok(known);
        }
        let _one_at_a_time = self.opening.lock().await;
        if let Some(known) = self.remembered(name) {
            return Ok(known);
        }
        let opened = self.open(name).await.map_err(RepoError::into_db_error)?;
        self.databases.insert(
            name.to_owned(),
            opened
                .clone()
                .map_or_else(|| Known::Absent(Instant::now()), Known::Versioned),
        );
        Ok(opened)
    }

    /// Asks again, now: after INIT.
    pub async fn rediscover(&self, name: &str) -> Result<Option<Arc<Database>>, DbError> {
        self.databases.remove(name);
        self.database(name).await
    }

    /// A connection of the administrative role, also to a database that is not initialised.
    pub async fn administrator(&self, database: &str) -> Result<AdminConnection, DbError> {
        self.pools.operations.get(database).await
    }

    pub fn versioning(&self) -> &Versioning {
        &self.versioning
    }

    #[allow(
        clippy::option_option,
        reason = "the outer one: is anything remembered"
    )]
    fn remembered(&self, name: &str) -> Option<Option<Arc<Database>>> {
        match self.databases.get(name)?.value() {
            Known::Versioned(database) => Some(Some(Arc::clone(database))),
            Known::Absent(since) => (since.elapsed() < ABSENCE_REMEMBERED).then_some(None),
        }
    }

    async fn open(&self, name: &str) -> Result<Option<Arc<Database>>, RepoError> {
        let mut connection = self.pools.readers.get(name).await?;
        let Some(version) = Store::version(&mut connection).await? else {
            return Ok(None);
        };
        if version != Store::VERSION {
            self.upgrade(name, version).await?;
        }
        let store = Store::open(&mut connection)
            .await?
            .keeping(self.versioning.schema_cache_bytes);
        let server_version = catalog::server_version(&mut connection).await?;
        let system = Arc::new(catalog::system_relations(&mut connection).await?);
        let database = Arc::new_cyclic(|own| Database {
            own: Weak::clone(own),
            name: name.to_owned(),
            store,
            server_version,
            system,
            pools: Arc::clone(&self.pools),
            versioning: Arc::clone(&self.versioning),
            metrics: self.metrics.clone(),
            registry: ArcSwap::from_pointee(Registry::default()),
            refreshing: Mutex::new(()),
            learned: SyncMutex::default(),
            heads: DashMap::new(),
            verified: DashMap::new(),
            hydrations: DashMap::new(),
            presence: Arc::new(Presence::new()),
            hydrators: hydration::Connections::new(self.pools.operations.size()),
            unsupported: DashMap::new(),
        });
        database.refresh_with(&mut connection).await?;
        tokio::spawn(warm(Arc::clone(&database)));
        tokio::spawn(expiry::run(Arc::downgrade(&database)));
        let own = Weak::clone(&database.own);
        tokio::spawn(undrop::expire(own, self.versioning.keep_dropped));
        Ok(Some(database))
    }

    /// Brings the `pggit` schema of another version up to date.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] and [`StoreError::OlderSchema`], where it stays as it is.
    async fn upgrade(&self, name: &str, found: i64) -> Result<(), RepoError> {
        let needed = Store::VERSION;
        let mut administrator = self.pools.operations.get(name).await?;
        match Store::migrate(&mut administrator).await {
            Ok(()) => {
                tracing::info!(
                    database = name,
                    from = found,
                    to = needed,
                    "schema pggit is brought up to date"
                );
                Ok(())
            }
            Err(StoreError::Db(error @ DbError::Server { .. })) => {
                tracing::warn!(database = name, %error, "cannot bring schema pggit up to date");
                Err(StoreError::OlderSchema { found, needed }.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Reads `main`'s schema once, so that commits find the nodes of its tree in memory (every new object lands in
/// another part of it), and comparisons all but what differs.
async fn warm(database: Arc<Database>) {
    let read = async {
        let head = database.current_head(MAIN).await?;
        database.snapshot(head.tree).await?;
        database
            .look_for_unsupported(&*database.main().await?)
            .await
    };
    if let Err(error) = read.await {
        tracing::debug!(%error, "could not read the schema of main ahead");
    }
}

/// One database under version control.
pub struct Database {
    own: Weak<Self>,
    name: String,
    store: Store,
    /// `server_version_num`, as 150018.
    server_version: u32,
    /// The system's own relations.
    system: Arc<SystemRelations>,
    pools: Arc<Pools>,
    versioning: Arc<Versioning>,
    metrics: Option<Arc<Metrics>>,
    registry: ArcSwap<Registry>,
    refreshing: Mutex<()>,
    /// Schemas of transactions that were about to commit; see [`Self::learn_schemas`].
    learned: SyncMutex<Vec<Learned>>,
    /// Last known head of each branch id. Only a guess: recording checks it under the branch's lock.
    heads: DashMap<i64, Head>,
    /// How each branch id compared with its head when that was last asked.
    verified: DashMap<i64, Arc<Verified>>,
    /// Branches whose objects are being made.
    hydrations: DashMap<i64, Arc<Hydration>>,
    hydrators: hydration::Connections,
    /// Which branches this process has sessions on.
    presence: Arc<Presence>,
    /// What each branch was last seen to have that is not versioned.
    unsupported: DashMap<i64, Vec<Unsupported>>,
}

/// Where a branch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub commit: CommitHash,
    pub tree: TreeHash,
}

/// A schema that a transaction was about to give a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Learned {
    branch: i64,
    /// Logical and physical.
    schema: (String, String),
    transaction_id: String,
}

/// Those of the transactions $1 that are not over.
const OPEN_TRANSACTIONS: &str = "
    SELECT id FROM unnest(string_to_array($1::text, ',')) AS id
     WHERE pg_xact_status(id::xid8) = 'in progress'";

impl From<&BranchHead> for Head {
    fn from(head: &BranchHead) -> Self {
        Self {
            commit: head.commit,
            tree: head.tree,
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Database {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// `server_version_num`, as 150018.
    pub fn server_version(&self) -> u32 {
        self.server_version
    }

    /// Reads live objects.
    pub async fn read(
        &self,
        executor: &mut dyn Executor,
        selection: Selection<'_>,
    ) -> Result<Raw, CatalogError> {
        catalog::read(executor, self.server_version, selection).await
    }

    pub fn versioning(&self) -> &Versioning {
        &self.versioning
    }

    /// All branches as they were last seen.
    pub fn registry(&self) -> Arc<Registry> {
        self.registry.load_full()
    }

    /// The names of a branch as they are now. Answers from memory in steady state.
    ///
    /// # Errors
    /// `3D000` if there is no such branch, with a hint; what the server says if it cannot be asked.
    pub async fn branch(&self, branch: &str) -> Result<Arc<BranchMap>, ErrorReport> {
        if let Some(map) = self.registry.load().branch(branch) {
            return Ok(Arc::clone(map));
        }
        self.refresh().await?;
        let registry = self.registry.load();
        registry
            .branch(branch)
            .cloned()
            .ok_or_else(|| RepoError::no_such_branch(branch).into())
    }

    /// Rises whenever any branch is created, renamed, deleted or gains or loses a schema. One atomic
    /// load: a session compares it before each statement on a branch, and asks [`Database::branch`] again if it moved.
    pub fn generation(&self) -> u64 {
        self.registry.load().generation()
    }

    /// The settings the server would give `role` at login.
    pub async fn startup_settings(&self, role: &str) -> Result<StartupSettings, DbError> {
        let mut reader = self.pools.readers.get(&self.name).await?;
        StartupSettings::load(&mut reader, role).await
    }

    /// `search_path` for a session of `role` on `map`'s branch, from logical schemas: physical
    /// schemas only, ready to be the value of the setting.
    pub fn physical_search_path(
        &self,
        map: &BranchMap,
        logical: &SearchPath,
        role: &str,
    ) -> String {
        search_path::format(&logical.physical(map, role))
    }

    /// Reads branches and shared objects again.
    pub async fn refresh(&self) -> Result<(), RepoError> {
        self.refresh_with(&mut self.reader()).await
    }

    /// Makes schemas that a branch gains known to all sessions, just before the transaction commits that
    /// creates them: nobody can use them earlier, and if it fails a name is known that leads nowhere.
    pub(super) fn learn_schemas(&self, observed: &Observed, stamp: &Stamp) {
        let branch = observed.map.id();
        let mut learned = self.learned();
        learned.extend(observed.new_schemas.iter().map(|schema| Learned {
            branch,
            schema: schema.clone(),
            transaction_id: stamp.transaction_id.clone(),
        }));
        self.registry
            .rcu(|registry| registry.with_schemas(branch, &observed.new_schemas));
    }

    fn learned(&self) -> MutexGuard<'_, Vec<Learned>> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets which schemas were learned of transactions that are over: what is read from now on tells.
    async fn settle_learned(&self, executor: &mut dyn Executor) -> Result<(), RepoError> {
        let known = self.learned().clone();
        if known.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = known
            .iter()
            .map(|one| one.transaction_id.as_str())
            .collect();
        let rows = executor
            .query(OPEN_TRANSACTIONS, &[Some(&ids.join(","))])
            .await?;
        let open: HashSet<String> = rows.into_iter().flatten().flatten().collect();
        self.learned()
            .retain(|one| open.contains(&one.transaction_id) || !known.contains(one));
        Ok(())
    }

    /// Reads branches and shared objects again, through a connection at hand.
    pub(super) async fn refresh_with(&self, executor: &mut dyn Executor) -> Result<(), RepoError> {
        let _in_turn = self.refreshing.lock().await;
        let shared = SharedObjects {
            extensions: catalog::extensions(executor).await?,
            extension_members: catalog::extension_members(executor).await?,
            excluded_schemas: self.versioning.excluded_schemas.clone(),
            system: Arc::clone(&self.system),
        };
        self.learn(executor, shared).await
    }

    /// Reads branches again, and shared objects if there are other extensions than before, through a connection at hand:
    /// no other query of a new branch takes as long as what extensions hold.
    pub(super) async fn notice_extensions(
        &self,
        executor: &mut dyn Executor,
    ) -> Result<(), RepoError> {
        if catalog::extensions(executor).await? == self.registry.load().shared().extensions {
            return self.refresh_branches(executor).await;
        }
        self.refresh_with(executor).await
    }

    /// Makes a branch known whose objects are still to be made, and begins with that.
    pub(super) async fn learn_branch(&self, branch: BranchEntry) {
        let _in_turn = self.refreshing.lock().await;
        // Before anybody can be on it.
        self.hydrate(&[branch.id]);
        let next = self.registry.load().with_branch(branch);
        self.registry.store(Arc::new(next));
    }

    /// Reads branches again, through a connection at hand; shared objects are as they were last seen.
    pub(super) async fn refresh_branches(
        &self,
        executor: &mut dyn Executor,
    ) -> Result<(), RepoError> {
        let _in_turn = self.refreshing.lock().await;
        let shared = SharedObjects::clone(self.registry.load().shared());
        self.learn(executor, shared).await
    }

    async fn learn(
        &self,
        executor: &mut dyn Executor,
        shared: SharedObjects,
    ) -> Result<(), RepoError> {
        self.settle_learned(executor).await?;
        let mut entries = Vec::new();
        let mut hydrating = Vec::new();
        let mut dropped = HashSet::new();
        for branch in self.store.registry(executor).await? {
            let Some(name) = branch.name else {
                dropped.extend(branch.schemas.into_iter().map(|(_, physical)| physical));
                continue;
            };
            if branch.is_hydrating {
                hydrating.push(branch.id);
            }
            entries.push(BranchEntry {
                id: branch.id,
                name,
                schemas: branch.schemas,
            });
        }
        // Before anybody can be on the branch.
        self.hydrate(&hydrating);
        // What was read may be older than the commit of what was learned.
        let learned = self.learned();
        for entry in &mut entries {
            let of_branch = learned.iter().filter(|one| one.branch == entry.id);
            for Learned { schema, .. } in of_branch {
                if !entry
                    .schemas
                    .iter()
                    .any(|(logical, _)| *logical == schema.0)
                {
                    entry.schemas.push(schema.clone());
                }
            }
        }
        let previous = self.registry.load_full();
        let next = Registry::new(&previous, previous.generation() + 1, entries, shared)
            .with_dropped(dropped);
        self.registry.store(Arc::new(next));
        Ok(())
    }

    /// Goes on with what this process or another has begun.
    fn hydrate(&self, branches: &[i64]) {
        for branch in branches {
            if let Entry::Vacant(vacant) = self.hydrations.entry(*branch)
                && let Some(own) = self.own.upgrade()
            {
                let hydration = Arc::new(Hydration::new(*branch));
                vacant.insert(Arc::clone(&hydration));
                tokio::spawn(hydration::run(own, hydration));
            }
        }
    }

    /// What a session on a branch has to wait for; `None` once the branch has all its objects.
    pub fn hydration(&self, branch: i64) -> Option<Arc<Hydration>> {
        self.hydrations
            .get(&branch)
            .map(|hydration| Arc::clone(&hydration))
    }

    /// Waits until a branch has all its objects.
    pub async fn complete(&self, branch: i64) -> Result<(), ErrorReport> {
        match self.hydration(branch) {
            Some(hydration) => hydration.complete().await,
            None => Ok(()),
        }
    }

    /// What a branch has that is not versioned, as far as is known. It is looked at again when the branch `created` from it
    /// has its objects, which somebody may wait for.
    pub(super) fn known_unsupported(&self, map: &Arc<BranchMap>, created: i64) -> Vec<Unsupported> {
        if let Some(own) = self.own.upgrade() {
            let map = Arc::clone(map);
            tokio::spawn(async move {
                // Whether it could be made is of no matter here.
                let _ = own.complete(created).await;
                if let Err(error) = own.look_for_unsupported(&map).await {
                    tracing::debug!(%error, "could not look for what is not versioned");
                }
            });
        }
        let known = self.unsupported.get(&map.id());
        known.map(|known| known.clone()).unwrap_or_default()
    }

    async fn look_for_unsupported(&self, map: &BranchMap) -> Result<(), RepoError> {
        let mut reader = self.reader();
        let schemas = user_schemas(&mut reader, &self.registry(), map.id()).await?;
        let found = catalog::unsupported(&mut reader, &schemas).await?;
        self.unsupported.insert(map.id(), found);
        Ok(())
    }

    pub(super) fn forget_hydration(&self, branch: i64) {
        self.hydrations.remove(&branch);
    }

    /// Which branches this process has sessions on.
    pub fn presence(&self) -> &Arc<Presence> {
        &self.presence
    }

    /// Where what is done in the background is counted, if anywhere.
    pub(super) fn metrics(&self) -> Option<&Metrics> {
        self.metrics.as_deref()
    }

    /// Connections for making objects of branches.
    pub(super) fn hydrators(&self) -> &hydration::Connections {
        &self.hydrators
    }

    /// The names of a branch, by its id: whatever it is called by now. `None` if it is gone.
    pub(super) async fn map_of(&self, branch: i64) -> Result<Option<Arc<BranchMap>>, RepoError> {
        let find = |registry: &Registry| {
            let mut branches = registry.branches();
            branches.find(|map| map.id() == branch).cloned()
        };
        if let Some(map) = find(&self.registry.load()) {
            return Ok(Some(map));
        }
        self.refresh().await?;
        Ok(find(&self.registry.load()))
    }

    /// A connection for reading history, made when first used. It must not wait for locks.
    pub fn reader(&self) -> Reader {
        Reader {
            pools: Arc::clone(&self.pools),
            database: self.name.clone(),
            connection: None,
        }
    }

    /// A connection for operations of the administrative role.
    pub async fn operator(&self) -> Result<AdminConnection, DbError> {
        self.pools.operations.get(&self.name).await
    }

    /// Where a branch is, as far as this process knows.
    pub async fn head(&self, map: &BranchMap) -> Result<Head, RepoError> {
        if let Some(head) = self.heads.get(&map.id()) {
            return Ok(*head);
        }
        self.current_head(map.branch()).await
    }

    /// Where a branch is, asked of the server.
    pub async fn current_head(&self, branch: &str) -> Result<Head, RepoError> {
        let mut reader = self.reader();
        let found = self
            .store
            .branch_head(&mut reader, branch)
            .await?
            .ok_or_else(|| RepoError::no_such_branch(branch))?;
        let head = Head::from(&found);
        self.heads.insert(found.branch, head);
        Ok(head)
    }

    /// A commit with its tree.
    pub async fn head_at(
        &self,
        executor: &mut dyn Executor,
        commit: CommitHash,
    ) -> Result<Head, RepoError> {
        let tree = self.store.commit(executor, commit).await?.tree;
        Ok(Head { commit, tree })
    }

    /// The whole schema that a tree names. Costs what tells it from those read last.
    pub async fn snapshot(&self, tree: TreeHash) -> Result<Snapshot, RepoError> {
        Ok(self.store.snapshot(&mut self.reader(), tree).await?)
    }

    /// Remembers where a branch is now. A transaction that then fails to commit only makes this a
    /// wrong guess.
    pub fn remember_head(&self, branch: i64, head: Head) {
        self.heads.insert(branch, head);
    }

    pub(super) fn verified(&self, branch: i64) -> Option<Arc<Verified>> {
        self.verified.get(&branch).map(|known| Arc::clone(&known))
    }

    pub(super) fn remember_verified(&self, branch: i64, verified: Verified) {
        self.verified.insert(branch, Arc::new(verified));
    }

    pub fn forget_head(&self, branch: i64) {
        self.heads.remove(&branch);
    }

    /// `main`'s map, which every versioned database has.
    pub async fn main(&self) -> Result<Arc<BranchMap>, ErrorReport> {
        self.branch(MAIN).await
    }
}

/// Reads with whatever connection is free, and keeps none between two queries: whoever waits for another's lock, or has a
/// reader within a reader, would keep others from the few there are, and from letting go of what is waited for.
#[derive(Debug)]
pub struct Reader {
    pools: Arc<Pools>,
    database: String,
    /// Kept once there may be a transaction.
    connection: Option<AdminConnection>,
}

impl Reader {
    async fn connection(&mut self) -> Result<&mut AdminConnection, DbError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.pools.readers.get(&self.database).await?,
        };
        Ok(self.connection.insert(connection))
    }
}

impl Executor for Reader {
    fn query<'a>(
        &'a mut self,
        sql: &'a str,
        params: &'a [Option<&'a str>],
    ) -> BoxFuture<'a, Result<Vec<Row>, DbError>> {
        Box::pin(async move {
            if let Some(connection) = &mut self.connection {
                return connection.query(sql, params).await;
            }
            let mut connection = self.pools.readers.get(&self.database).await?;
            connection.query(sql, params).await
        })
    }

    fn batch<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<(), DbError>> {
        Box::pin(async move { self.connection().await?.batch(sql).await })
    }
}
