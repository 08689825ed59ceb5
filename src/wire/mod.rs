//! What goes over the wire: byte streams, frames, the startup packet, the messages the proxy speaks.
//!
//! Nothing here knows any SQL.

pub mod backend;
pub mod binary;
pub mod error_response;
pub mod frame;
pub mod frontend;
pub mod startup;
pub mod stream;

pub use stream::Stream;
