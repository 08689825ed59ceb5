//! What holds for any change: random statements, there and back, and on two sides of a merge.
//!
//! Seeds are fixed. `PGGIT_TEST_SEED` starts with another one, `PGGIT_TEST_SEEDS` says how many there are.

use crate::Bench;
use crate::harness::ddl::{BASE, Ddl, seeds};
use pggit::catalog::LineageBook;
use pggit::merge::{self, Strategy};
use pggit::schema::model::ObjectKey;
use pggit::schema::snapshot::Snapshot;
use pggit::schema::{diff, render, script};
use pggit::upstream::Executor;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const PATH: &str = "SET LOCAL search_path = public";
const PINNED: &str = "SET LOCAL search_path = pg_catalog, pg_temp";

impl Bench {
    async fn sql(&mut self, sql: &str) {
        let outcome = self.connection.batch(sql).await;
        outcome.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// Begins a transaction that will be rolled back.
    async fn begin(&mut self) {
        self.sql(&format!("BEGIN; {PATH}")).await;
    }

    async fn rollback(&mut self) {
        self.sql("ROLLBACK").await;
    }

    /// Runs a statement inside the transaction; one that fails leaves no trace.
    async fn attempt(&mut self, sql: &str) -> bool {
        self.sql("SAVEPOINT one").await;
        let done = self.connection.batch(sql).await.is_ok();
        if !done {
            self.sql("ROLLBACK TO SAVEPOINT one").await;
        }
        done
    }

    /// Random statements until `count` succeeded; gives those.
    async fn attempt_some(&mut self, ddl: &mut Ddl, count: usize) -> Vec<String> {
        let mut done = Vec::new();
        for _ in 0..count * 20 {
            let sql = ddl.statement();
            if self.attempt(&sql).await {
                done.push(sql);
            }
            if done.len() == count {
                break;
            }
        }
        done
    }

    /// Whether all succeed.
    async fn attempt_all(&mut self, statements: &[String]) -> bool {
        for sql in statements {
            if !self.attempt(sql).await {
                return false;
            }
        }
        true
    }

    async fn see(&mut self, book: &mut LineageBook) -> Snapshot {
        self.sql(PINNED).await;
        let seen = self.read(book).await;
        self.sql(PATH).await;
        seen
    }

    /// Applies what leads from `from` to `to` in the transaction, and sees whether that is what comes out.
    async fn lead(&mut self, from: &Snapshot, to: &Snapshot) -> Result<(), String> {
        let steps = render(&diff(from, to), from, to, &self.options());
        self.sql(PINNED).await;
        self.sql("SET LOCAL check_function_bodies = off").await;
        for step in &steps {
            if let Err(error) = self.connection.batch(&step.sql).await {
                let error = format!("{error:?}\nat {}\nin\n{}", step.sql, script(&steps));
                return Err(error);
            }
        }
        self.expect(to, &steps).await?;
        self.sql(PATH).await;
        Ok(())
    }
}

/// A snapshot by name, without what tells two databases of the same schema apart.
fn comparable(snapshot: &Snapshot) -> BTreeMap<ObjectKey, Value> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for field in ["id", "depends_on", "column_types"] {
                    fields.remove(field);
                }
                fields.values_mut().for_each(strip);
                // Of two columns that two sides add, either may come first.
                for field in ["columns", "attributes"] {
                    if let Some(Value::Array(items)) = fields.get_mut(field) {
                        items.sort_by_key(ToString::to_string);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    snapshot
        .definitions()
        .map(|definition| {
            let mut value = serde_json::to_value(&**definition).expect("JSON");
            strip(&mut value);
            (definition.key(), value)
        })
        .collect()
}

/// What two snapshots do not have alike, object by object; nothing if there is nothing.
pub fn differences(found: &Snapshot, expected: &Snapshot) -> String {
    let (found, expected) = (comparable(found), comparable(expected));
    let keys = found.keys().chain(expected.keys());
    let keys: std::collections::BTreeSet<_> = keys.collect();
    keys.into_iter()
        .filter(|key| found.get(key) != expected.get(key))
        .map(|key| {
            let show = |value: Option<&Value>| value.map_or("none".to_owned(), Value::to_string);
            format!(
                "{key}\n  found    {}\n  expected {}\n",
                show(found.get(key)),
                show(expected.get(key))
            )
        })
        .collect::<Vec<_>>()
        .concat()
}

async fn base(bench: &mut Bench) -> (Snapshot, LineageBook) {
    bench.start_over(BASE).await.expect("the base");
    let mut book = LineageBook::default();
    let base = bench.read(&mut book).await;
    (base, book)
}

#[tokio::test]
async fn random_changes_lead_there_and_back() {
    let mut bench = Bench::new().await;
    let mut failures = Vec::new();
    let (base, book) = base(&mut bench).await;
    for seed in seeds(20) {
        bench.begin().await;
        let done = bench.attempt_some(&mut Ddl::new(seed), 8).await;
        let changed = bench.see(&mut book.clone()).await;
        let outcome = async {
            bench
                .lead(&changed, &base)
                .await
                .map_err(|e| format!("back: {e}"))?;
            bench
                .lead(&base, &changed)
                .await
                .map_err(|e| format!("forth: {e}"))
        }
        .await;
        bench.rollback().await;
        if let Err(error) = outcome {
            failures.push(format!("== seed {seed}\n{}\n{error}", done.join(";\n")));
        }
    }
    assert!(
        failures.is_empty(),
        "{} failed\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

/// Two sides that can be done one after the other in either order, to the same end, merge to that end. Others may merge,
/// too: a rename on one side does not make a statement on the other speak of something else.
#[tokio::test]
async fn random_sides_merge_where_they_commute() {
    let mut bench = Bench::new().await;
    let mut failures = Vec::new();
    let (base, book) = base(&mut bench).await;
    for seed in seeds(20) {
        let mut ddl = Ddl::new(seed);
        bench.begin().await;
        let ours = bench.attempt_some(&mut ddl, 3).await;
        let source = bench.see(&mut book.clone()).await;
        bench.rollback().await;
        bench.begin().await;
        let theirs = bench.attempt_some(&mut ddl, 3).await;
        let target = bench.see(&mut book.clone()).await;
        // Theirs, then ours; and the other way round.
        let after = bench.attempt_all(&ours).await;
        let one = bench.see(&mut book.clone()).await;
        bench.rollback().await;
        bench.begin().await;
        let before = bench.attempt_all(&ours).await && bench.attempt_all(&theirs).await;
        let other = bench.see(&mut book.clone()).await;
        bench.rollback().await;

        let merged = merge::merge(
            &base,
            &source,
            &target,
            &BTreeSet::new(),
            Strategy::Auto,
            &[],
        );
        let clean = merged.conflicts.is_empty();
        let commute = after && before && comparable(&one) == comparable(&other);
        let mut wrong = Vec::new();
        if commute && !clean {
            wrong.push(format!("conflicts: {:#?}", merged.conflicts));
        }
        if clean && commute {
            let rest = differences(&merged.result, &one);
            if !rest.is_empty() {
                wrong.push(format!("merged otherwise:\n{rest}"));
            }
        }
        if clean {
            bench.begin().await;
            assert!(
                bench.attempt_all(&theirs).await,
                "theirs succeed again: seed {seed}, {theirs:?}"
            );
            // The same objects as on the target, made once more.
            let outcome = bench.lead(&target, &merged.result).await;
            bench.rollback().await;
            if let Err(error) = outcome {
                wrong.push(format!("cannot be applied: {error}"));
            }
        }
        if !wrong.is_empty() {
            failures.push(format!(
                "== seed {seed}\nours:\n{}\ntheirs:\n{}\n{}",
                ours.join(";\n"),
                theirs.join(";\n"),
                wrong.join("\n")
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{} failed\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}
