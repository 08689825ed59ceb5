//! One client: how bytes flow between it and its connection to the server.
//!
//! A session is one task that owns both sockets ([`state`]). Most traffic is relayed as it stands ([`relay_client`],
//! [`relay_extended`], [`relay_server`]); the [reply queue](reply) knows whose each answer is. What concerns the
//! proxy is *conducted*: the session waits until everything outstanding is answered, then runs the exchange as
//! straight code ([`conduct_simple`], [`conduct_extended`]), with SQL of its own on the same connection ([`executor`]).

mod answer;
mod buffers;
mod conduct;
mod conduct_extended;
mod conduct_simple;
mod ending;
mod executor;
mod fault;
mod link;
mod messages;
mod planning;
mod positions;
mod prepared;
mod relay_client;
mod relay_extended;
mod relay_server;
mod reply;
mod settings;
pub mod start;
mod state;
mod statuses;
#[cfg(test)]
mod steady;
#[cfg(test)]
mod tests;
mod texts;
mod tracking;
mod undrop;
mod waiting;

pub use buffers::Buffers;
pub use ending::Phase;
pub use start::{Cancel, Context, Start};
pub use waiting::Waits;

/// Serves a logged-in client until it or the server goes away.
pub async fn run(start: Start) {
    state::Session::new(start).serve().await;
}
