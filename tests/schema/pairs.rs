//! Two changes that have nothing to do with each other, one on each side of a merge.
//!
//! Where cases i and j lead from old to new, the base is old_i + old_j, the source new_i + old_j, the target old_i + new_j:
//! the merge has to be new_i + new_j, without a conflict. Case j is read as if it were in other schemas.

use crate::random::differences;
use crate::{Bench, cases};
use pggit::catalog::{LineageBook, Selection, read};
use pggit::merge::{self, Strategy};
use pggit::schema::snapshot::Snapshot;
use std::collections::BTreeSet;
use std::sync::Arc;

/// With how many others each case is merged, and every how many merges one is made in a database.
const PARTNERS: usize = 3;
const MADE: usize = 40;

/// A case's schema before and after.
struct Change {
    old: Snapshot,
    new: Snapshot,
}

/// Where a schema of the cases is on the other side.
fn elsewhere(schema: &str) -> Option<String> {
    let other = match schema {
        "public" => "other",
        "app" => "Other app",
        "App" => "Other App",
        _ => return None,
    };
    Some(other.to_owned())
}

async fn see(
    bench: &mut Bench,
    names: fn(&str) -> Option<String>,
    book: &mut LineageBook,
) -> Snapshot {
    let schemas = ["public", "app", "App"].map(str::to_owned);
    let raw = read(
        &mut bench.connection,
        bench.version,
        Selection::Schemas(&schemas),
    )
    .await
    .expect("catalogs");
    raw.objects(&names, book)
        .expect("definitions")
        .into_iter()
        .map(|found| (found.lineage, found.definition))
        .collect()
}

/// The case as it is, and as it is elsewhere.
async fn read_case(bench: &mut Bench, case: &cases::Case) -> Result<(Change, Change), String> {
    let here: fn(&str) -> Option<String> = |schema| Some(schema.to_owned());
    let mut books = [LineageBook::default(), LineageBook::default()];
    bench.start_over(case.setup).await?;
    let old = see(bench, here, &mut books[0]).await;
    let old_elsewhere = see(bench, elsewhere, &mut books[1]).await;
    bench
        .run(&format!(
            "SET search_path = public; {}; SET search_path = pg_catalog, pg_temp",
            case.change
        ))
        .await?;
    let new = see(bench, here, &mut books[0]).await;
    let new_elsewhere = see(bench, elsewhere, &mut books[1]).await;
    let elsewhere = Change {
        old: old_elsewhere,
        new: new_elsewhere,
    };
    Ok((Change { old, new }, elsewhere))
}

/// Both in one snapshot; they share no names.
fn together(one: &Snapshot, other: &Snapshot) -> Snapshot {
    one.iter()
        .chain(other.iter())
        .map(|(lineage, definition)| (*lineage, Arc::clone(definition)))
        .collect()
}

#[tokio::test]
async fn changes_that_do_not_meet_merge() {
    let mut bench = Bench::new().await;
    bench.prepare().await;
    let mut changes = Vec::new();
    for case in cases::all() {
        if bench.version / 10_000 < case.since {
            continue;
        }
        let (here, elsewhere) = read_case(&mut bench, case)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        changes.push((case.name, here, elsewhere));
    }
    let mut failures = Vec::new();
    for (index, (ours, change, _)) in changes.iter().enumerate() {
        for partner in 1..=PARTNERS {
            let (theirs, _, other) = &changes[(index + partner * partner * 17) % changes.len()];
            let base = together(&change.old, &other.old);
            let source = together(&change.new, &other.old);
            let target = together(&change.old, &other.new);
            let wanted = together(&change.new, &other.new);
            let merged = merge::merge(
                &base,
                &source,
                &target,
                &BTreeSet::new(),
                Strategy::Auto,
                &[],
            );
            let mut wrong = Vec::new();
            if !merged.conflicts.is_empty() {
                wrong.push(format!("conflicts: {:#?}", merged.conflicts));
            }
            // By name: what was dropped and made again may be taken for the same.
            let rest = differences(&merged.result, &wanted);
            if !rest.is_empty() {
                wrong.push(rest);
            }
            if (index * PARTNERS + partner).is_multiple_of(MADE) {
                let made = match bench.create(&target, true).await {
                    Ok(()) => bench.migrate(&target, &merged.result).await.map(drop),
                    Err(error) => Err(error),
                };
                wrong.extend(made.err());
            }
            if !wrong.is_empty() {
                failures.push(format!("== {ours} + {theirs}\n{}", wrong.join("\n")));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} failed\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}
