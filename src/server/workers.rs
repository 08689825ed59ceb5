//! The threads that connections run on.
//!
//! Some threads, each with a runtime of its own. A connection stays on its thread for life: what
//! wakes it wakes no other thread, and nobody steals it, which for a relay costs more than it gains.

use std::io;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Running threads. They end when this is dropped; connections still on them end with them.
#[derive(Debug)]
pub struct Workers {
    runtimes: Vec<Handle>,
    turn: AtomicUsize,
    _running: DropGuard,
}

impl Workers {
    /// Starts `threads` threads; for 0, one for each processor that this process may use.
    pub fn start(threads: usize) -> io::Result<Self> {
        let running = CancellationToken::new();
        let count = match threads {
            0 => thread::available_parallelism().map_or(1, NonZero::get),
            threads => threads,
        };
        let mut runtimes = Vec::with_capacity(count);
        for number in 0..count {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            runtimes.push(runtime.handle().clone());
            let running = running.clone();
            thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn(move || runtime.block_on(running.cancelled_owned()))?;
        }
        Ok(Self {
            runtimes,
            turn: AtomicUsize::new(0),
            _running: running.drop_guard(),
        })
    }

    /// The thread for the next connection: they take turns.
    pub fn next(&self) -> Option<&Handle> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.runtimes.get(turn.checked_rem(self.runtimes.len())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_take_turns_and_stay_where_they_are() {
        let count = 3;
        let workers = Workers::start(count).unwrap();
        let runtime = Builder::new_current_thread().build().unwrap();
        let threads: Vec<_> = (0..2 * count)
            .map(|_| {
                let work = workers
                    .next()
                    .unwrap()
                    .spawn(async { thread::current().id() });
                runtime.block_on(work).unwrap()
            })
            .collect();
        assert_eq!(threads[..count], threads[count..]);
    }
}
