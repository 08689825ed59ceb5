//! Random statements through the proxy: what the commits say is what the catalogs have, and branches of it are alike.
//!
//! Seeds are fixed. `PGGIT_TEST_SEED` starts with another one, `PGGIT_TEST_SEEDS` says how many there are.

use crate::dump::{Dump, Scope};
use crate::harness::Fixture;
use crate::harness::ddl::{BASE, Ddl, seeds};

/// Statements that succeed between two looks.
const STRETCH: usize = 8;

#[tokio::test]
async fn commits_say_what_random_statements_did() {
    for seed in seeds(2) {
        let fixture = Fixture::new().await;
        let main = fixture.connect().await;
        main.run("CREATE SCHEMA app").await;
        main.run(BASE).await;
        main.run("PGGIT BRANCH feature").await;
        let feature = fixture.connect_on("feature").await;
        let mut ddl = Ddl::new(seed);
        for session in [&main, &feature] {
            let mut done = Vec::new();
            let mut looked = 0;
            while done.len() < 3 * STRETCH {
                // Single statements, transactions of a few, and some that are given up.
                let kind = ddl.number(4);
                let block = kind > 1;
                if block {
                    session.run("BEGIN").await;
                }
                for _ in 0..if block { 4 } else { 1 } {
                    let sql = ddl.statement();
                    if block {
                        session.run("SAVEPOINT one").await;
                    }
                    let succeeded = session.try_run(&sql).await.is_ok();
                    if block && !succeeded {
                        session.run("ROLLBACK TO SAVEPOINT one").await;
                    }
                    if succeeded {
                        done.push(sql);
                    }
                }
                if block {
                    let end = if kind == 3 { "ROLLBACK" } else { "COMMIT" };
                    done.push(end.to_owned());
                    session.run(end).await;
                }
                if done.len() - looked >= STRETCH {
                    looked = done.len();
                    let drift = session.drift().await;
                    assert!(
                        drift.is_empty(),
                        "seed {seed}\n{}\n{drift:#?}",
                        done.join(";\n")
                    );
                }
            }
        }
        feature.run("PGGIT BRANCH copy").await;
        fixture.complete("copy").await;
        let of = |branch| {
            let database = &fixture.database;
            async move { Dump::of(database, &Scope::branch(database, branch).await).await }
        };
        let difference = of("copy").await.difference(&of("feature").await);
        assert!(
            difference.is_none(),
            "seed {seed}: {}",
            difference.unwrap_or_default()
        );
    }
}
