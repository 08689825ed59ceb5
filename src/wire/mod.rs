//! What goes over the wire: byte streams, frames, the startup packet, the messages the proxy speaks.
//!
//! Nothing here knows any SQL.

pub mod startup;
pub mod stream;

pub use stream::Stream;
