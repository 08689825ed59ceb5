//! What it takes to find out what a statement means: nanoseconds for each of the ways to a plan.
//!
//! `cargo bench --bench plans` prints a table.

use pggit::branch::{BranchMap, SharedObjects};
use pggit::sql::{PlanContext, Planner};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(40);
const CACHE_BYTES: usize = 16 << 20;

fn main() {
    let main = BranchMap::new("main", 1, 1, [], Arc::default());
    let schemas = [("public".to_owned(), "public@feature".to_owned())];
    let branch = BranchMap::new("feature", 2, 1, schemas, Arc::new(SharedObjects::default()));
    println!("| | ns |\n|---|---:|");
    let plain = |_| "SELECT abalance FROM pgbench_accounts WHERE aid = 4711".to_owned();
    measure("`main`: the scan", &main, plain);
    measure("branch: the scan", &branch, plain);
    let named = |_| "SELECT abalance FROM public.pgbench_accounts WHERE aid = $1".to_owned();
    measure("branch: a text seen before", &branch, named);
    let literal =
        |number| format!("SELECT abalance FROM public.pgbench_accounts WHERE aid = {number}");
    measure("branch: a text that differs in a literal", &branch, literal);
    let value = |number| format!("SELECT nextval('public.s{number}')");
    measure("branch: a literal that matters: parsed", &branch, value);
    let text = |number| format!("SELECT abalance AS a{number} FROM public.pgbench_accounts");
    measure("branch: a text never seen: parsed", &branch, text);
}

/// Prints the median over rounds of the mean time of a plan. The texts are made outside of the measured time.
fn measure(name: &str, map: &BranchMap, text: impl Fn(usize) -> String) {
    let planner = Planner::new(CACHE_BYTES);
    let context = PlanContext {
        map,
        client_encoding: "UTF8",
        standard_conforming_strings: true,
        watch_transactions: false,
    };
    let mut number = 0;
    let mut rounds: Vec<u128> = (0..ROUNDS)
        .map(|_| {
            let (mut spent, mut plans) = (Duration::ZERO, 0);
            while spent < ROUND {
                let texts: Vec<String> = (number..number + 256).map(&text).collect();
                number += texts.len();
                let begun = Instant::now();
                for text in &texts {
                    black_box(planner.plan(black_box(text.as_bytes()), &context));
                }
                spent += begun.elapsed();
                plans += texts.len() as u128;
            }
            spent.as_nanos() / plans
        })
        .collect();
    rounds.sort_unstable();
    println!("| {name} | {} |", rounds[ROUNDS / 2]);
}
