//! The proxy against the server: random conversations, good and bad, are held with PostgreSQL directly and through the
//! proxy, from the same state, and every answer has to be the same, byte by byte.
//!
//! Seeds are fixed. `PGGIT_TEST_SEED` starts with another one, `PGGIT_TEST_SEEDS` says how many there are, and
//! `PGGIT_TEST_SECONDS` goes on from there for that long.

#[path = "../harness/mod.rs"]
mod harness;

mod case;
mod compare;
mod generate;
mod run;
mod shrink;
mod texts;
mod world;

use std::time::{Duration, Instant};
use world::World;

/// How many conversations there are when nobody says anything else.
const SEEDS: u64 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_main_every_answer_is_the_servers() {
    let world = World::new(None).await;
    compare_all(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_branch_every_answer_is_the_servers() {
    let world = World::new(Some("feature")).await;
    compare_all(&world).await;
}

async fn compare_all(world: &World) {
    let seconds = std::env::var("PGGIT_TEST_SECONDS").ok();
    let seconds = seconds.map(|text| Duration::from_secs(text.parse().expect("a number")));
    let seeds = harness::ddl::seeds(SEEDS);
    let begun = Instant::now();
    let mut seed = seeds.start;
    let mut failures = Vec::new();
    let most = std::env::var("PGGIT_TEST_FAILURES").ok();
    let most = most.map_or(1, |text| text.parse().expect("a number"));
    while seconds.map_or(seed < seeds.end, |seconds| begun.elapsed() < seconds) {
        if let Some(failure) = world.compare(seed).await {
            eprintln!("{failure}");
            failures.push(seed);
            if failures.len() >= most {
                break;
            }
        }
        seed += 1;
    }
    eprintln!(
        "{} conversations in {:?}",
        seed - seeds.start,
        begun.elapsed()
    );
    assert!(failures.is_empty(), "these seeds differ: {failures:?}");
}
