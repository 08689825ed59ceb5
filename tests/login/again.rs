//! What is run again with other segments.

#[path = "branch.rs"]
mod branch;
#[path = "certificates.rs"]
mod certificates;
#[path = "newer.rs"]
mod newer;
#[path = "operator.rs"]
mod operator;
#[path = "passwords.rs"]
mod passwords;
#[path = "../it/protocol.rs"]
mod protocol;
#[path = "proxied.rs"]
mod proxied;
#[path = "scram.rs"]
mod scram;
#[path = "secure.rs"]
mod secure;
#[path = "startup.rs"]
mod startup;
#[path = "tls.rs"]
mod tls;
