//! How the proxy's own SQL reaches the server.
//!
//! There are two ways, and both are an [`Executor`]: a pooled connection of the administrative role
//! ([`admin`]), and the client's own connection, lent by its session. What must be one transaction
//! with the client's DDL, or must have just the client's privileges, takes the second.

pub mod admin;
pub mod executor;

pub use executor::{DbError, Executor, Row};
