//! How clients get in, against a real PostgreSQL: passwords, TLS on both hops, limits, the branch asked
//! for at connect, and what the operator sees of it.

#[path = "../harness/mod.rs"]
mod harness;

mod branch;
mod certificates;
mod limits;
mod newer;
mod operator;
mod passwords;
mod pool;
mod proxied;
mod scram;
mod secrets;
mod secure;
mod sockets;
mod startup;
mod tls;
