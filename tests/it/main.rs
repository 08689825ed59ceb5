//! The behaviour of the proxy in front of a real PostgreSQL, one topic per module.

#[path = "../harness/mod.rs"]
mod harness;

mod forgery;
mod repo;
mod smoke;
mod store;
