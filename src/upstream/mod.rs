//! How the proxy reaches the server, and how its own SQL does.
//!
//! For SQL there are two ways, and both are an [`Executor`]: a pooled connection of the administrative
//! role ([`admin`]), and the client's own connection, lent by its session. What must be one transaction
//! with the client's DDL, or must have just the client's privileges, takes the second.

pub mod admin;
pub mod cancel;
pub mod connect;
pub mod executor;
mod tls;

pub use admin::{AdminConnection, AdminPools};
pub use cancel::CancelTarget;
pub use connect::{Address, ConnectError, Connector};
pub use executor::{DbError, Executor, Row};
