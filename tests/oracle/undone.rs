//! A history undone, commit by commit, newest first, ends where it began. Undoing that in one go ends where it ended.

use crate::dump::{Dump, Scope};
use crate::harness::ddl::{BASE, Ddl, seeds};
use crate::harness::{Fixture, Session};

const COMMITS: usize = 300;
/// How many reverts lie between two looks, and statements between two counts.
const STRETCH: usize = 20;

async fn dump_of_main(fixture: &Fixture) -> Dump {
    let scope = Scope::branch(&fixture.database, "main").await;
    Dump::of(&fixture.database, &scope).await
}

#[track_caller]
fn assert_same(seed: u64, found: &Dump, expected: &Dump) {
    let difference = found.difference(expected);
    assert!(
        difference.is_none(),
        "seed {seed}: {}",
        difference.unwrap_or_default()
    );
}

async fn tree(server: &Session, commit: &str) -> String {
    let sql = format!(
        "SELECT encode(tree, 'hex') FROM pggit.commit WHERE encode(hash, 'hex') LIKE '{commit}%'"
    );
    server.value(&sql).await
}

/// What `main` has otherwise than a commit. What was dropped and made again under its name counts as the same.
async fn differences(main: &Session, commit: &str) -> Vec<String> {
    let rows = main.records(&format!("PGGIT DIFF {commit} main")).await;
    let told = |change: &str, object: &str| {
        rows.iter()
            .any(|row| row.get("change") == change && row.get("object") == object)
    };
    rows.iter()
        .filter(|row| {
            let object = row.get("object");
            !(told("create", object) && told("drop", object))
        })
        .map(|row| format!("{row:?}"))
        .collect()
}

#[tokio::test]
async fn reverting_every_commit_ends_at_the_first_tree() {
    for seed in seeds(1) {
        let fixture = Fixture::new().await;
        let main = fixture.connect().await;
        let server = fixture.superuser().await;
        let start = dump_of_main(&fixture).await;
        main.run("CREATE SCHEMA app").await;
        main.run(BASE).await;
        let mut ddl = Ddl::new(seed);
        while main.rows("PGGIT LOG").await.len() < COMMITS {
            for _ in 0..STRETCH {
                main.try_run(&ddl.statement()).await.ok();
            }
        }
        let history = main.column("PGGIT LOG").await;
        let end = dump_of_main(&fixture).await;
        main.assert_clean().await;

        for (index, pair) in history.windows(2).enumerate() {
            let [commit, parent] = pair else { continue };
            let revert = format!("PGGIT REVERT {commit} ALLOW DATA LOSS");
            let outcome = main.field(&revert, "outcome").await;
            assert!(
                ["reverted", "up_to_date"].contains(&outcome.as_str()),
                "seed {seed}: {outcome} for {commit}"
            );
            if index % STRETCH == 0 {
                let differs = differences(&main, parent).await;
                assert!(differs.is_empty(), "seed {seed}: {commit}: {differs:?}");
            }
        }
        let first = history.last().expect("a first commit");
        let now = main.field("PGGIT LOG LIMIT 1", "commit").await;
        assert_eq!(tree(&server, &now).await, tree(&server, first).await);
        assert_same(seed, &dump_of_main(&fixture).await, &start);
        main.assert_clean().await;

        let all = format!("PGGIT REVERT {}..main", history[0]);
        assert_eq!(main.field(&all, "outcome").await, "reverted", "seed {seed}");
        let now = main.field("PGGIT LOG LIMIT 1", "commit").await;
        assert_eq!(tree(&server, &now).await, tree(&server, &history[0]).await);
        assert_same(seed, &dump_of_main(&fixture).await, &end);
        main.assert_clean().await;
        let back = format!("PGGIT ROLLBACK TO {first}");
        assert_eq!(main.field(&back, "outcome").await, "rolled_back");
        assert_same(seed, &dump_of_main(&fixture).await, &start);
    }
}
