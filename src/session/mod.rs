//! One client: how bytes flow between it and its connection to the server.

pub mod start;

pub use start::{Cancel, Context, Start};

/// Serves a logged-in client until it or the server goes away.
pub async fn run(start: Start) {
    let Start { .. } = start;
    std::future::ready(()).await;
}
