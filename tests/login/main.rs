//! How clients get in, against a real PostgreSQL: passwords, TLS on both hops, limits, the branch asked
//! for at connect, and what the operator sees of it.

#[path = "../harness/mod.rs"]
mod harness;

mod branch;
mod limits;
mod operator;
mod passwords;
mod pool;
mod secure;
mod startup;
mod tls;
