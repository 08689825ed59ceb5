//! History in a real database: what is recorded is what is read, and nothing else is.

use crate::harness::{Database, Postgres};
use pggit::catalog::CatalogId;
use pggit::config::{SslMode, Upstream};
use pggit::error::Report;
use pggit::schema::canonical::canonical_bytes;
use pggit::schema::model::{Body, Definition, Enum, Lineage, Name, ObjectKey};
use pggit::schema::snapshot::Snapshot;
use pggit::store::tree::Change;
use pggit::store::{
    Commit, CommitHash, Decider, LedgerBase, LineageEntry, LogQuery, MAIN_BRANCH_ID, MergeAudit,
    MergeRecord, MergeSource, MergeState, NewBranch, NewConflict, NewHead, NewMerge, ObjectHash,
    Operation, Record, Recorded, Resolution, Side, Store, StoreError,
};
use pggit::upstream::Executor;
use pggit::upstream::admin::{AdminConnection, AdminPools};

/// An initialised database, as the proxy's administrative role sees it.
pub struct History {
    pub database: Database,
    pub admin: AdminConnection,
    pub store: Store,
    pub first: CommitHash,
}

impl History {
    pub async fn new() -> Self {
        let database = Database::create().await;
        let mut admin = connect(&database, "postgres").await;
        Store::migrate(&mut admin).await.unwrap();
        let store = Store::open(&mut admin).await.unwrap();
        let first = commit(&store, &mut admin, "postgres", MAIN_BRANCH_ID, &[], "init").await;
        Self {
            database,
            admin,
            store,
            first,
        }
    }

    /// An ordinary role's own connection, lent to the proxy.
    pub async fn client(&self) -> AdminConnection {
        connect(&self.database, &self.database.owner).await
    }
}

/// A connection of any role with pinned settings.
pub async fn connect(database: &Database, role: &str) -> AdminConnection {
    let upstream = Upstream {
        host: "127.0.0.1".to_owned(),
        port: database.server.port(),
        user: role.to_owned(),
        sslmode: SslMode::Disable,
        ..Upstream::default()
    };
    let pools = AdminPools::new(&upstream).unwrap();
    pools.get(&database.name).await.unwrap()
}

fn lineage(n: u8) -> Lineage {
    Lineage([n; 16])
}

fn object(n: u8) -> ObjectHash {
    ObjectHash::of(&[n])
}

/// The record of a commit on a branch's head, for the transaction that `exec` has open.
pub async fn record(
    store: &Store,
    exec: &mut dyn Executor,
    who: &str,
    branch: i64,
    changes: &[Change],
    message: &str,
) -> Record {
    let branches = store.branches(exec).await.unwrap();
    let head = branches.iter().find(|it| it.id == branch).map(|it| it.head);
    let tree = match head {
        Some(head) => Some(store.commit(exec, head).await.unwrap().tree),
        None => None,
    };
    let update = store.tree_update(exec, tree, changes).await.unwrap();
    let stamp = store.stamp(exec).await.unwrap();
    Record {
        branch,
        expected_head: head,
        head: NewHead::Commit(Commit {
            tree: update.root,
            parents: head.into_iter().collect(),
            author: who.to_owned(),
            application: "tests".to_owned(),
            address: "127.0.0.1:5000".to_owned(),
            time_micros: stamp.now_micros,
            message: message.to_owned(),
            statements: vec![format!("-- {message}")],
        }),
        earlier: Vec::new(),
        stamp,
        who: who.to_owned(),
        action: "commit".to_owned(),
        objects: Vec::new(),
        tree: Some(update),
        changes: changes.to_vec(),
        lineages: Vec::new(),
        gone: Vec::new(),
        schemas_added: Vec::new(),
        schemas_removed: Vec::new(),
        merge: MergeRecord::None,
        audit: MergeAudit::default(),
        statements: Vec::new(),
        ledgers: Vec::new(),
    }
}

/// Commits `changes` on a branch, in a transaction of its own.
async fn commit(
    store: &Store,
    exec: &mut dyn Executor,
    who: &str,
    branch: i64,
    changes: &[Change],
    message: &str,
) -> CommitHash {
    exec.batch("BEGIN").await.unwrap();
    let record = record(store, exec, who, branch, changes, message).await;
    let recorded = store.record(exec, &record).await.unwrap();
    exec.batch("COMMIT").await.unwrap();
    assert_eq!(recorded, Recorded::Done(record.head.hash()));
    record.head.hash()
}

async fn branch_from(history: &mut History, name: &str, head: CommitHash) -> i64 {
    let new = NewBranch {
        name,
        head,
        schemas: &[("public".to_owned(), format!("public@{name}"))],
        ledgers: &std::collections::BTreeMap::new(),
        who: "ada",
    };
    let id = history.store.create_branch(&mut history.admin, &new).await;
    id.unwrap()
}

#[tokio::test]
async fn migrating_is_idempotent_also_when_proxies_race() {
    let database = Database::create().await;
    let racers = (0..8).map(|_| async {
        let mut exec = connect(&database, "postgres").await;
        assert!(!Store::is_initialised(&mut exec).await.unwrap());
        Store::migrate(&mut exec).await.unwrap();
        Store::migrate(&mut exec).await.unwrap();
    });
    futures::future::join_all(racers).await;
    let admin = database.superuser().await;
    let migrations = "SELECT string_agg(number::text, ',' ORDER BY number) FROM pggit.migration";
    assert_eq!(
        admin.value(migrations).await,
        "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"
    );
    assert_eq!(admin.value("SELECT count(*) FROM pggit.secret").await, "1");
}

#[tokio::test]
async fn a_database_is_initialised_once_main_has_its_first_commit() {
    let database = Database::create().await;
    let mut admin = connect(&database, "postgres").await;
    assert!(!Store::is_initialised(&mut admin).await.unwrap());
    Store::migrate(&mut admin).await.unwrap();
    assert!(!Store::is_initialised(&mut admin).await.unwrap());
    let store = Store::open(&mut admin).await.unwrap();
    assert_eq!(store.branches(&mut admin).await.unwrap(), []);
    commit(&store, &mut admin, "postgres", MAIN_BRANCH_ID, &[], "init").await;
    assert!(Store::is_initialised(&mut admin).await.unwrap());
}

#[tokio::test]
async fn a_schema_that_another_role_planted_is_refused() {
    let database = Database::create().await;
    let owner = database.direct().await;
    owner.run("CREATE SCHEMA pggit").await;
    owner
        .run("CREATE TABLE pggit.branch (id bigint, head bytea); INSERT INTO pggit.branch VALUES (1, '')")
        .await;
    let mut admin = connect(&database, "postgres").await;
    assert!(!Store::is_initialised(&mut admin).await.unwrap());
    let error = Store::migrate(&mut admin).await.unwrap_err();
    assert!(matches!(error, StoreError::ForeignSchema(role) if role == database.owner));
}

#[tokio::test]
async fn an_ordinary_roles_commit_is_read_back_as_it_was() {
    let mut history = History::new().await;
    let mut client = history.client().await;
    let owner = history.database.owner.clone();
    client.batch("BEGIN").await.unwrap();
    let changes = [(lineage(1), Some(object(1)))];
    let store = &history.store;
    let mut record = record(store, &mut client, &owner, 1, &changes, "m").await;
    let NewHead::Commit(made) = &mut record.head else {
        unreachable!()
    };
    made.message = "Ünï\u{1F600} 'quoted' \"twice\" \\ back\nslash {a,b} NULL".to_owned();
    made.statements = vec![made.message.clone(), String::new(), "NULL".to_owned()];
    made.application = "é\u{7f}\t".to_owned();
    made.time_micros = 1_766_345_999_123_457;
    let made = made.clone();
    let recorded = store.record(&mut client, &record).await.unwrap();
    client.batch("COMMIT").await.unwrap();
    assert_eq!(recorded, Recorded::Done(made.hash()));
    let read = store.commit(&mut history.admin, made.hash()).await.unwrap();
    assert_eq!(read, made);
    let read = store.commit_changes(&mut client, made.hash()).await;
    assert_eq!(read.unwrap(), changes);
    let tree = store.tree_entries(&mut client, made.tree).await.unwrap();
    assert_eq!(tree, [(lineage(1), object(1))].into());
}

#[tokio::test]
async fn times_survive_to_the_microsecond() {
    let mut history = History::new().await;
    let mut expected = Vec::new();
    for micros in [0, 1, 999_999, 1_000_001, 4_102_444_799_999_999, -1] {
        history.admin.batch("BEGIN").await.unwrap();
        let store = &history.store;
        let mut record = record(store, &mut history.admin, "postgres", 1, &[], "m").await;
        let NewHead::Commit(made) = &mut record.head else {
            unreachable!()
        };
        made.time_micros = micros;
        store.record(&mut history.admin, &record).await.unwrap();
        history.admin.batch("COMMIT").await.unwrap();
        expected.push((record.head.hash(), micros));
    }
    for (hash, micros) in expected {
        let read = history.store.commit(&mut history.admin, hash).await;
        assert_eq!(read.unwrap().time_micros, micros);
    }
}

#[tokio::test]
async fn rolled_back_nothing_is_recorded() {
    let mut history = History::new().await;
    let mut client = history.client().await;
    let owner = history.database.owner.clone();
    let store = &history.store;
    client.batch("BEGIN").await.unwrap();
    let changes = [(lineage(1), Some(object(1)))];
    let lost = record(store, &mut client, &owner, 1, &changes, "lost").await;
    store.record(&mut client, &lost).await.unwrap();
    client.batch("ROLLBACK").await.unwrap();
    let main = store.branch(&mut history.admin, "main").await.unwrap();
    assert_eq!(main.unwrap().head, history.first);
    // The nodes of a lost tree are only remembered, and are written again with the next one.
    let made = commit(store, &mut client, &owner, 1, &changes, "kept").await;
    let fresh = Store::open(&mut history.admin).await.unwrap();
    let tree = fresh.commit(&mut client, made).await.unwrap().tree;
    let entries = fresh.tree_entries(&mut client, tree).await.unwrap();
    assert_eq!(entries, [(lineage(1), object(1))].into());
}

#[tokio::test]
async fn a_record_that_comes_second_learns_the_new_head_and_holds_the_branch() {
    let history = History::new().await;
    let owner = history.database.owner.clone();
    let store = &history.store;
    let (mut one, mut two) = (history.client().await, history.client().await);
    one.batch("BEGIN").await.unwrap();
    two.batch("BEGIN").await.unwrap();
    let first = record(store, &mut one, &owner, 1, &[], "one").await;
    let second = record(store, &mut two, &owner, 1, &[], "two").await;
    store.record(&mut one, &first).await.unwrap();
    let (waited, ()) = tokio::join!(store.record(&mut two, &second), async {
        one.batch("COMMIT").await.unwrap();
    });
    assert_eq!(
        waited.unwrap(),
        Recorded::HeadMoved(Some(first.head.hash()))
    );
    let again = record(store, &mut two, &owner, 1, &[], "two").await;
    assert_eq!(again.expected_head, Some(first.head.hash()));
    let done = store.record(&mut two, &again).await.unwrap();
    assert_eq!(done, Recorded::Done(again.head.hash()));
    two.batch("COMMIT").await.unwrap();
}

#[tokio::test]
async fn damaged_history_is_noticed_when_read() {
    let mut history = History::new().await;
    let superuser = history.database.superuser().await;
    superuser
        .run(
            "SET session_replication_role = replica; UPDATE pggit.commit SET message = 'other'; \
              UPDATE pggit.tree_node SET content = '{\"leaf\":{}} '",
        )
        .await;
    let error = history
        .store
        .commit(&mut history.admin, history.first)
        .await
        .unwrap_err();
    assert_eq!(error.sqlstate().as_str(), "XX001");
}

#[tokio::test]
async fn lineages_follow_what_is_recorded() {
    let mut history = History::new().await;
    let mut client = history.client().await;
    let owner = history.database.owner.clone();
    let store = &history.store;
    let id = |oid, sub| CatalogId {
        class: 1259,
        oid,
        sub,
    };
    client.batch("BEGIN").await.unwrap();
    let mut make = record(store, &mut client, &owner, 1, &[], "make").await;
    make.lineages = vec![
        (id(4_000_000_000, 0), lineage(1)),
        (id(4_000_000_000, 1), lineage(2)),
        (id(4_000_000_000, 2), lineage(3)),
        (id(7, 0), lineage(4)),
    ];
    store.record(&mut client, &make).await.unwrap();
    let mut change = record(store, &mut client, &owner, 1, &[], "change").await;
    change.lineages = vec![(id(7, 0), lineage(5))];
    change.gone = vec![id(4_000_000_000, 2)];
    store.record(&mut client, &change).await.unwrap();
    client.batch("COMMIT").await.unwrap();
    let found = store
        .lineages_of_objects(&mut history.admin, &[id(4_000_000_000, 9), id(7, 0)])
        .await
        .unwrap();
    let of_main = |lineage| LineageEntry { lineage, branch: 1 };
    let expected = [
        (id(4_000_000_000, 0), of_main(lineage(1))),
        (id(4_000_000_000, 1), of_main(lineage(2))),
        (id(7, 0), of_main(lineage(5))),
    ];
    assert_eq!(found, expected.into());
    let found = store
        .lineages(&mut client, &[id(4_000_000_000, 1), id(8, 0)])
        .await
        .unwrap();
    assert_eq!(found, [(id(4_000_000_000, 1), of_main(lineage(2)))].into());

    client.batch("BEGIN").await.unwrap();
    let mut drop = record(store, &mut client, &owner, 1, &[], "drop").await;
    drop.gone = vec![id(4_000_000_000, 0)];
    store.record(&mut client, &drop).await.unwrap();
    client.batch("COMMIT").await.unwrap();
    let found = store
        .lineages_of_objects(&mut client, &[id(4_000_000_000, 0)])
        .await
        .unwrap();
    assert!(found.is_empty());
}

#[tokio::test]
async fn branches_are_created_renamed_and_deleted() {
    let mut history = History::new().await;
    let first = history.first;
    let watcher = history.database.direct().await;
    watcher.run("LISTEN pggit").await;
    branch_from(&mut history, "feature", first).await;
    let admin = &mut history.admin;
    let store = &history.store;
    let feature = store.branch(admin, "feature").await.unwrap().unwrap();
    assert_eq!((feature.head, &*feature.created_by), (first, "ada"));
    let registered = store.registry(admin).await.unwrap();
    assert_eq!(registered.len(), 2);
    assert_eq!(registered[0].schemas, []);
    assert_eq!(registered[1].name.as_deref(), Some("feature"));
    assert!(registered[1].is_hydrating);
    let at_feature = ("public".to_owned(), "public@feature".to_owned());
    assert_eq!(registered[1].schemas, [at_feature]);

    let mut new = NewBranch {
        name: "feature",
        head: first,
        schemas: &[],
        ledgers: &std::collections::BTreeMap::new(),
        who: "ada",
    };
    let error = store.create_branch(admin, &new).await.unwrap_err();
    assert_eq!(error.sqlstate().as_str(), "42P04");
    let taken = [("public".to_owned(), "public@feature".to_owned())];
    (new.name, new.schemas) = ("other", &taken);
    let error = store.create_branch(admin, &new).await.unwrap_err();
    assert!(matches!(error, StoreError::SchemaTaken(_)));

    store
        .rename_branch(admin, "feature", "topic", "ada")
        .await
        .unwrap();
    let names = |branches: Vec<pggit::store::Branch>| -> Vec<String> {
        branches.into_iter().map(|it| it.name).collect()
    };
    assert_eq!(
        names(store.branches(admin).await.unwrap()),
        ["main", "topic"]
    );
    for (from, to, state) in [
        ("feature", "x", "3D000"),
        ("topic", "main", "42P04"),
        ("main", "x", "3D000"),
    ] {
        let error = store
            .rename_branch(admin, from, to, "ada")
            .await
            .unwrap_err();
        assert_eq!(error.sqlstate().as_str(), state);
    }
    store.delete_branch(admin, "topic", "ada").await.unwrap();
    assert_eq!(names(store.branches(admin).await.unwrap()), ["main"]);
    assert_eq!(store.registry(admin).await.unwrap().len(), 1);
    assert!(store.delete_branch(admin, "main", "ada").await.is_err());
    assert!(store.commit(admin, first).await.is_ok());
    let actions = "SELECT string_agg(branch || ' ' || action, ', ' ORDER BY at) FROM pggit.reflog WHERE branch_id <> 1";
    assert_eq!(
        watcher.value(actions).await,
        "feature create, topic rename from feature, topic delete"
    );
    crate::harness::eventually("the notifications", || async {
        watcher.is_usable().await && watcher.notifications().len() == 3
    })
    .await;
}

#[tokio::test]
async fn a_record_moves_schemas_of_its_branch_and_tells() {
    let mut history = History::new().await;
    let first = history.first;
    let id = branch_from(&mut history, "feature", first).await;
    let owner = history.database.owner.clone();
    let watcher = history.database.direct().await;
    watcher.run("LISTEN pggit").await;
    let mut client = history.client().await;
    client.batch("BEGIN").await.unwrap();
    let mut made = record(&history.store, &mut client, &owner, id, &[], "m").await;
    made.schemas_removed = vec!["public".to_owned()];
    made.schemas_added = vec![("public".to_owned(), "elsewhere".to_owned())];
    history.store.record(&mut client, &made).await.unwrap();
    client.batch("COMMIT").await.unwrap();
    let registered = history.store.registry(&mut client).await.unwrap();
    assert_eq!(registered[1].schemas[0].1, "elsewhere");
    crate::harness::eventually("the notification", || async {
        watcher.is_usable().await && watcher.notifications().len() == 1
    })
    .await;
}

#[tokio::test]
async fn refs_resolve_to_commits() {
    let mut history = History::new().await;
    let (store, admin) = (&history.store, &mut history.admin);
    let before = store.stamp(admin).await.unwrap().now_micros;
    let second = commit(store, admin, "postgres", 1, &[], "second").await;
    let third = commit(store, admin, "postgres", 1, &[], "third").await;
    let hex = second.to_string();
    let then = format!(
        "main@{{{}}}",
        admin
            .query(
                "SELECT (timestamptz 'epoch' + $1::text::bigint * interval '1 microsecond')::text",
                &[Some(&before.to_string())],
            )
            .await
            .unwrap()[0][0]
            .clone()
            .unwrap()
    );
    for (text, expected) in [
        ("main", third),
        (&hex, second),
        (&hex[..8], second),
        (&hex[..8].to_uppercase(), second),
        ("main~", second),
        ("main~2", history.first),
        (&format!("{}~1", &hex[..10]), history.first),
        ("main@{now}", third),
        (&then, history.first),
        (&format!("main@{{{}}}", "tomorrow"), third),
    ] {
        assert_eq!(
            store.resolve(admin, text).await.unwrap(),
            expected,
            "{text}"
        );
    }
    for (text, state) in [
        ("nowhere", "3D000"),
        ("abc", "3D000"),
        ("ffffffff", "3D000"),
        ("", "3D000"),
        ("main~3", "42704"),
        ("main~99999999999999999999", "3D000"),
        ("main~18446744073709551615", "42704"),
        ("main@{1999-01-01}", "42704"),
        ("nowhere@{now}", "3D000"),
        ("main@{gibberish}", "22007"),
        ("main@{epoch}~1", "42704"),
        ("main; DROP TABLE x", "3D000"),
    ] {
        let error = store.resolve(admin, text).await.unwrap_err();
        assert_eq!(error.sqlstate().as_str(), state, "{text}: {error}");
    }
}

fn definition(name: &str, labels: &[&str]) -> Definition {
    Definition {
        owner: "ada".to_owned(),
        acl: [(String::new(), [("USAGE".to_owned(), false)].into())].into(),
        comment: Some("Ünï 'quoted' \\ \" \u{1F600}".to_owned()),
        security_labels: [("selinux".to_owned(), "secret".to_owned())].into(),
        depends_on: Vec::new(),
        body: Body::Enum(Enum {
            name: Name::new("public", name),
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
        }),
    }
}

#[tokio::test]
async fn a_snapshot_is_what_was_recorded() {
    let mut history = History::new().await;
    let mut client = history.client().await;
    let owner = history.database.owner.clone();
    let definitions = [definition("mood", &["sad", "ok"]), definition("état", &[])];
    let stored = definitions.each_ref().map(|definition| {
        let bytes = canonical_bytes(definition);
        (ObjectHash::of(&bytes), String::from_utf8(bytes).unwrap())
    });
    let changes: Vec<Change> = (0..100)
        .map(|n| (lineage(n), Some(stored[usize::from(n) % 2].0)))
        .collect();
    client.batch("BEGIN").await.unwrap();
    let mut made = record(&history.store, &mut client, &owner, 1, &changes, "m").await;
    made.objects = stored.to_vec();
    history.store.record(&mut client, &made).await.unwrap();
    client.batch("COMMIT").await.unwrap();

    let fresh = Store::open(&mut history.admin).await.unwrap();
    let main = fresh.resolve(&mut client, "main").await.unwrap();
    let tree = fresh.commit(&mut client, main).await.unwrap().tree;
    let snapshot = fresh.snapshot(&mut client, tree).await.unwrap();
    let expected: Snapshot = (0..100)
        .map(|n| (lineage(n), definitions[usize::from(n) % 2].clone()))
        .collect();
    assert_eq!(snapshot, expected);

    let before = fresh.commit(&mut client, history.first).await.unwrap().tree;
    let diff = fresh.tree_diff(&mut client, before, tree).await.unwrap();
    assert_eq!(diff.len(), 100);
    let absent = fresh.objects(&mut client, &[stored[0].0, object(9)]).await;
    assert!(matches!(absent, Err(StoreError::Corrupt { .. })));
}

#[tokio::test]
async fn the_administrative_role_need_not_be_a_superuser() {
    let database = Database::create().await;
    let mut admin = connect(&database, &database.owner).await;
    Store::migrate(&mut admin).await.unwrap();
    let store = Store::open(&mut admin).await.unwrap();
    let owner = database.owner.clone();
    commit(&store, &mut admin, &owner, MAIN_BRANCH_ID, &[], "init").await;
    let client = database.role("client").await;
    let mut session = connect(&database, &client).await;
    commit(&store, &mut session, &client, MAIN_BRANCH_ID, &[], "theirs").await;
    assert!(Store::is_initialised(&mut admin).await.unwrap());
    assert!(Store::open(&mut session).await.is_err());
}

/// A criss-cross: main and feature each merged the other's `b`.
#[tokio::test]
async fn merge_bases_are_the_best_common_ancestors() {
    let mut history = History::new().await;
    let first = history.first;
    let feature = branch_from(&mut history, "feature", first).await;
    let (store, admin) = (&history.store, &mut history.admin);
    let a1 = commit(store, admin, "postgres", 1, &[], "a1").await;
    let b1 = commit(store, admin, "postgres", feature, &[], "b1").await;
    assert_eq!(store.merge_base(admin, a1, &[b1]).await.unwrap(), [first]);
    assert_eq!(
        store.merge_base(admin, a1, &[first]).await.unwrap(),
        [first]
    );
    assert_eq!(store.merge_base(admin, a1, &[a1]).await.unwrap(), [a1]);

    let mut heads = Vec::new();
    for (branch, other) in [(1, b1), (feature, a1)] {
        admin.batch("BEGIN").await.unwrap();
        let mut merge = record(store, admin, "postgres", branch, &[], "merge").await;
        if let NewHead::Commit(commit) = &mut merge.head {
            commit.parents.push(other);
        }
        store.record(admin, &merge).await.unwrap();
        admin.batch("COMMIT").await.unwrap();
        heads.push(merge.head.hash());
    }
    let bases = store
        .merge_base(admin, heads[0], &[heads[1]])
        .await
        .unwrap();
    assert_eq!(bases, [b1, a1]);
    for (ancestor, descendant, expected) in [
        (first, heads[0], true),
        (b1, heads[0], true),
        (heads[0], heads[0], true),
        (heads[0], heads[1], false),
        (heads[0], first, false),
    ] {
        let answer = store.is_ancestor(admin, ancestor, descendant).await;
        assert_eq!(answer.unwrap(), expected);
    }
    let log = LogQuery {
        from: vec![heads[0]],
        ..LogQuery::default()
    };
    assert_eq!(store.log(admin, &log).await.unwrap().len(), 4);
    assert_eq!(
        store.log(admin, &LogQuery::default()).await.unwrap().len(),
        5
    );
}

#[tokio::test]
async fn a_fast_forward_moves_the_head_without_a_commit() {
    let mut history = History::new().await;
    let first = history.first;
    let feature = branch_from(&mut history, "feature", first).await;
    let (store, admin) = (&history.store, &mut history.admin);
    let ahead = commit(store, admin, "postgres", feature, &[], "ahead").await;
    admin.batch("BEGIN").await.unwrap();
    let mut forward = record(store, admin, "postgres", 1, &[], "").await;
    forward.head = NewHead::Existing(ahead);
    forward.tree = None;
    let recorded = store.record(admin, &forward).await.unwrap();
    admin.batch("COMMIT").await.unwrap();
    assert_eq!(recorded, Recorded::Done(ahead));
    assert_eq!(store.resolve(admin, "main").await.unwrap(), ahead);
    assert_eq!(
        store.log(admin, &LogQuery::default()).await.unwrap().len(),
        2
    );
}

#[tokio::test]
async fn a_log_shows_what_was_asked_for() {
    let mut history = History::new().await;
    let mut client = history.client().await;
    let owner = history.database.owner.clone();
    let store = &history.store;
    let one = [(lineage(1), Some(object(1)))];
    let made = commit(store, &mut client, &owner, 1, &one, "one").await;
    let two = [(lineage(2), Some(object(2)))];
    commit(store, &mut history.admin, "postgres", 1, &two, "two").await;
    let dropped = [(lineage(1), None)];
    commit(store, &mut history.admin, "postgres", 1, &dropped, "drop").await;
    let base = || LogQuery {
        from: vec![],
        ..LogQuery::default()
    };
    for (query, expected) in [
        (base(), vec!["drop", "two", "one", "init"]),
        (
            LogQuery {
                author: Some(owner.clone()),
                ..base()
            },
            vec!["one"],
        ),
        (
            LogQuery {
                object: Some(lineage(1)),
                ..base()
            },
            vec!["drop", "one"],
        ),
        (
            LogQuery {
                limit: Some(2),
                ..base()
            },
            vec!["drop", "two"],
        ),
        (
            LogQuery {
                from: vec![made],
                ..base()
            },
            vec!["one", "init"],
        ),
        (
            LogQuery {
                since: Some("tomorrow".to_owned()),
                ..base()
            },
            vec![],
        ),
        (
            LogQuery {
                until: Some("yesterday".to_owned()),
                ..base()
            },
            vec![],
        ),
    ] {
        let found = store.log(&mut client, &query).await.unwrap();
        let messages: Vec<_> = found.iter().map(|(_, it)| it.message.as_str()).collect();
        assert_eq!(messages, expected, "{query:?}");
    }
}

#[tokio::test]
async fn a_limited_log_finds_what_is_far_back() {
    let mut history = History::new().await;
    let mut client = history.client().await;
    let owner = history.database.owner.clone();
    let store = &history.store;
    let old = commit(store, &mut client, &owner, 1, &[], "old").await;
    for _ in 0..10 {
        commit(store, &mut history.admin, "postgres", 1, &[], "new").await;
    }
    let query = LogQuery {
        author: Some(owner),
        limit: Some(1),
        ..LogQuery::default()
    };
    let found = store.log(&mut client, &query).await.unwrap();
    assert_eq!(found[0].0, old);
    let query = LogQuery {
        limit: Some(u64::MAX),
        ..LogQuery::default()
    };
    assert_eq!(store.log(&mut client, &query).await.unwrap().len(), 12);
}

#[tokio::test]
async fn a_log_shows_children_before_parents_also_when_the_clock_goes_back() {
    let mut history = History::new().await;
    let (store, admin) = (&history.store, &mut history.admin);
    for (message, micros) in [("one", 5), ("two", 4), ("three", 3)] {
        admin.batch("BEGIN").await.unwrap();
        let mut made = record(store, admin, "postgres", 1, &[], message).await;
        if let NewHead::Commit(commit) = &mut made.head {
            commit.time_micros = micros;
        }
        store.record(admin, &made).await.unwrap();
        admin.batch("COMMIT").await.unwrap();
    }
    for limit in [None, Some(3)] {
        let query = LogQuery {
            limit,
            ..LogQuery::default()
        };
        let found = store.log(admin, &query).await.unwrap();
        let messages: Vec<_> = found.iter().map(|(_, it)| it.message.as_str()).collect();
        assert_eq!(messages[..3], ["three", "two", "one"]);
    }
}

#[tokio::test]
async fn a_merge_base_is_found_however_far_back_it_is() {
    let mut history = History::new().await;
    let superuser = history.database.superuser().await;
    // Two lines of 5,000 commits after a common one of generation 1.
    superuser
        .run(
            "INSERT INTO pggit.commit
             SELECT sha256(int4send(n)), '', '', '', '', now(), '', '{}', 1 + abs(n), now()
             FROM generate_series(-5000, 5000) AS n;
             INSERT INTO pggit.commit_parent
             SELECT sha256(int4send(n)), 0, sha256(int4send(n - sign(n)::int))
             FROM generate_series(-5000, 5000) AS n WHERE n <> 0;
             ANALYZE",
        )
        .await;
    let (store, admin) = (&history.store, &mut history.admin);
    let hash = |n: i32| CommitHash::of(&n.to_be_bytes());
    for (a, b, expected) in [
        (5_000, -5_000, vec![hash(0)]),
        (5_000, -10, vec![hash(0)]),
        (5_000, 10, vec![hash(10)]),
        (5_000, 4_999, vec![hash(4_999)]),
    ] {
        let bases = store.merge_base(admin, hash(a), &[hash(b)]).await.unwrap();
        assert_eq!(bases, expected, "{a} {b}");
    }
    let none = store.merge_base(admin, hash(5_000), &[history.first]).await;
    assert_eq!(none.unwrap(), []);
}

#[tokio::test]
async fn a_merge_is_kept_resolved_and_completed() {
    let mut history = History::new().await;
    let first = history.first;
    branch_from(&mut history, "feature", first).await;
    let owner = history.database.owner.clone();
    let mut client = history.client().await;
    let (store, admin) = (&history.store, &mut history.admin);
    let key: ObjectKey =
        serde_json::from_str(r#"{"kind":"table","schema":"public","name":"users"}"#).unwrap();
    let conflict = |id: i64| NewConflict {
        id,
        source_number: 1,
        lineage: lineage(1),
        key: key.clone(),
        attribute: "column email type".to_owned(),
        base: None,
        source: Some(serde_json::json!("text")),
        target: Some(serde_json::json!({"a": [1, "b"]})),
    };
    let source = |name: &str| MergeSource {
        name: name.to_owned(),
        head: first,
    };
    let new = NewMerge {
        operation: Operation::Merge,
        history: "auto",
        sources: &[source("feature"), source("v1")],
        target: "main",
        bases: &[first, CommitHash::of(b"second base")],
        target_head: first,
        strategy: "auto",
        message: None,
        who: &owner,
        conflicts: &[conflict(1), conflict(2)],
    };
    let id = store.create_merge(admin, &new).await.unwrap();
    store
        .rename_branch(admin, "feature", "topic", "ada")
        .await
        .unwrap();
    let merge = store.merge(&mut client, id).await.unwrap();
    assert_eq!((&*merge.source(), &*merge.bases), ("topic, v1", new.bases));
    assert_eq!((merge.origin(2), merge.origin(3)), ("v1", ""));
    assert_eq!((merge.conflicts, merge.unresolved), (2, 2));

    let take = Resolution::Take(Side::Source);
    let by_ada = ("ada", Decider::Person);
    store
        .resolve_conflict(admin, id, 1, &take, by_ada)
        .await
        .unwrap();
    let custom = Resolution::Custom {
        sql: "ALTER TABLE users DROP COLUMN email".to_owned(),
        definition: None,
    };
    store
        .resolve_conflict(admin, id, 1, &custom, by_ada)
        .await
        .unwrap();
    let conflicts = store.conflicts(&mut client, id).await.unwrap();
    assert_eq!(conflicts[0].resolution, Some(custom));
    assert_eq!(conflicts[1].resolution, None);
    assert_eq!(conflicts[1].key, key);
    assert_eq!(
        (&conflicts[1].base, &conflicts[1].target),
        (&None, &conflict(2).target)
    );
    let error = store.resolve_conflict(admin, id, 3, &take, by_ada).await;
    assert!(matches!(error, Err(StoreError::UnknownConflict { .. })));
    let error = store
        .resolve_conflict(admin, id + 1, 1, &take, by_ada)
        .await;
    assert!(matches!(error, Err(StoreError::UnknownMerge(_))));

    client.batch("BEGIN").await.unwrap();
    let mut done = record(store, &mut client, &owner, 1, &[], "merge").await;
    done.merge = MergeRecord::Completes(id);
    store.record(&mut client, &done).await.unwrap();
    client.batch("COMMIT").await.unwrap();
    let merge = store.merge(admin, id).await.unwrap();
    assert_eq!(
        (merge.state, merge.commit),
        (MergeState::Completed, Some(done.head.hash()))
    );
    for error in [
        store.abort_merge(admin, id, "ada").await.unwrap_err(),
        store
            .resolve_conflict(admin, id, 1, &take, by_ada)
            .await
            .unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            format!("merge {id} is already completed")
        );
    }

    let other = store.create_merge(admin, &new).await.unwrap();
    store.abort_merge(admin, other, "ada").await.unwrap();
    let states: Vec<_> = store
        .merges(admin)
        .await
        .unwrap()
        .iter()
        .map(|it| it.state)
        .collect();
    assert_eq!(states, [MergeState::Aborted, MergeState::Completed]);
    client.batch("BEGIN").await.unwrap();
    let mut late = record(store, &mut client, &owner, 1, &[], "late").await;
    late.merge = MergeRecord::Completes(other);
    let error = store.record(&mut client, &late).await.unwrap_err();
    assert_eq!(error.sqlstate().as_str(), "55000");
}

#[tokio::test]
async fn a_merge_without_conflicts_is_kept_as_completed() {
    let mut history = History::new().await;
    let first = history.first;
    let feature = branch_from(&mut history, "feature", first).await;
    let owner = history.database.owner.clone();
    let mut client = history.client().await;
    let (store, admin) = (&history.store, &mut history.admin);
    let ledger = |rows: &str| LedgerBase {
        other: feature,
        lineage: lineage(1),
        rows: serde_json::from_str(rows).unwrap(),
    };
    store
        .set_ledger_bases(admin, MAIN_BRANCH_ID, &[ledger(r#"[{"id":1}]"#)])
        .await
        .unwrap();
    client.batch("BEGIN").await.unwrap();
    let mut merge = record(store, &mut client, &owner, 1, &[], "merge").await;
    merge.merge = MergeRecord::Clean {
        operation: Operation::Merge,
        history: "auto".to_owned(),
        sources: vec![MergeSource {
            name: "feature".to_owned(),
            head: first,
        }],
        bases: vec![first],
        strategy: "auto".to_owned(),
        message: Some("merge".to_owned()),
    };
    merge.ledgers = vec![ledger(r#"[{"id":1},{"id":2}]"#)];
    store.record(&mut client, &merge).await.unwrap();
    client.batch("COMMIT").await.unwrap();
    let merges = store.merges(&mut client).await.unwrap();
    assert_eq!(merges.len(), 1);
    assert_eq!(merges[0].commit, Some(merge.head.hash()));
    assert_eq!((&*merges[0].target, merges[0].target_head), ("main", first));
    let bases = store.ledger_bases(admin, feature, MAIN_BRANCH_ID).await;
    assert_eq!(
        bases.unwrap(),
        [(lineage(1), serde_json::json!([{"id": 1}, {"id": 2}]))].into()
    );
    assert!(
        store
            .ledger_bases(&mut client, feature, MAIN_BRANCH_ID)
            .await
            .is_err()
    );
    store.delete_branch(admin, "feature", "ada").await.unwrap();
    let bases = store.ledger_bases(admin, feature, MAIN_BRANCH_ID).await;
    assert!(bases.unwrap().is_empty());
}

#[tokio::test]
async fn people_can_query_history_with_sql() {
    let history = History::new().await;
    let stranger = history.database.role("stranger").await;
    let stranger = crate::harness::Session::connect(
        &Postgres::shared().url(&stranger, &history.database.name),
    )
    .await;
    let log = "SELECT branch, commit, message, author FROM pggit.log";
    let expected = ["main", &history.first.to_string(), "init", "postgres"];
    assert_eq!(stranger.rows(log).await, [expected]);
    let branches = "SELECT name, head FROM pggit.branches";
    assert_eq!(stranger.rows(branches).await, [[expected[0], expected[1]]]);
    assert!(stranger.rows("SELECT * FROM pggit.merges").await.is_empty());
    assert!(
        stranger
            .rows("SELECT * FROM pggit.conflicts")
            .await
            .is_empty()
    );
}
