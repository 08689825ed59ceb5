//! The threads that connections run on.
//!
//! Some threads, each with a runtime of its own. A connection stays on its thread for life: what
//! wakes it wakes no other thread, and nobody steals it, which for a relay costs more than it gains.

use crate::session::Buffers;
use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Running threads. They end when this is dropped; connections still on them end with them.
#[derive(Debug)]
pub struct Workers {
    threads: Vec<Worker>,
    turn: AtomicUsize,
    _running: DropGuard,
}

/// One thread.
#[derive(Debug)]
pub struct Worker {
    pub runtime: Handle,
    /// What its connections read into.
    pub buffers: Arc<Buffers>,
}

impl Workers {
    /// Starts `threads` threads; for 0, one for each processor that this process may use.
    pub fn start(threads: usize) -> io::Result<Self> {
        let running = CancellationToken::new();
        let count = match threads {
            0 => thread::available_parallelism().map_or(1, NonZero::get),
            threads => threads,
        };
        let mut workers = Vec::with_capacity(count);
        for number in 0..count {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            workers.push(Worker {
                runtime: runtime.handle().clone(),
                buffers: Arc::default(),
            });
            let running = running.clone();
            thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn(move || runtime.block_on(running.cancelled_owned()))?;
        }
        Ok(Self {
            threads: workers,
            turn: AtomicUsize::new(0),
            _running: running.drop_guard(),
        })
    }

    /// The thread for the next connection: they take turns.
    pub fn next(&self) -> Option<&Worker> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.threads.get(turn.checked_rem(self.threads.len())?)
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
                    .runtime
                    .spawn(async { thread::current().id() });
                runtime.block_on(work).unwrap()
            })
            .collect();
        assert_eq!(threads[..count], threads[count..]);
    }
}
