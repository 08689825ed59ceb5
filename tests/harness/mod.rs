//! What the integration tests stand on: one PostgreSQL per test binary, a fresh database per test,
//! and the real `pggit` program in front of it.
//!
//! - [`postgres::Postgres::shared`] starts the server on first use; it dies with the test process, however that ends.
//! - [`Database::create`] makes a database that an ordinary role owns; [`Fixture`] adds a proxy and `PGGIT INIT`.
//! - A test binary can have all bytes pass in segments of its choice, see [`relay`].
//! - [`Session`] speaks through tokio-postgres, [`raw::RawClient`] in bytes, [`programs`] runs psql and friends.
//!
//! `PGGIT_TEST_PG_BIN` names the directory of the server binaries where the newest installed ones are not wanted.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses a part of the harness"
)]

pub mod ddl;
pub mod fixture;
pub mod postgres;
pub mod programs;
pub mod proxy;
pub mod raw;
pub mod relay;
pub mod session;

pub use fixture::{Database, Fixture, server_version};
pub use postgres::Postgres;
pub use proxy::Proxy;
pub use session::Session;

use std::time::Duration;

/// How long anything may take before a test calls it hung.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Waits for `what`, and fails the test if it never comes.
pub async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("{what} took more than {PATIENCE:?}"))
}

/// Asks again and again until `probe` says yes.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut probe: impl FnMut() -> F) {
    in_time(what, async {
        while !probe().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// A TCP port that was free a moment ago, from below those that the system gives to connections and to listeners that do not
/// care (`ip_local_port_range`): none of these takes it meanwhile.
pub fn free_port() -> u16 {
    loop {
        let port = rand::random_range(10_000..30_000);
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
