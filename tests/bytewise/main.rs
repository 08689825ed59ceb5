//! The tests of the protocol and of logins once more, with each byte in a TCP segment of its own.

#[path = "../harness/mod.rs"]
mod harness;

#[path = "../login/branch.rs"]
mod branch;
#[path = "../login/certificates.rs"]
mod certificates;
#[path = "../login/newer.rs"]
mod newer;
#[path = "../login/operator.rs"]
mod operator;
#[path = "../login/passwords.rs"]
mod passwords;
#[path = "../it/protocol.rs"]
mod protocol;
#[path = "../login/proxied.rs"]
mod proxied;
#[path = "../login/scram.rs"]
mod scram;
#[path = "../login/secure.rs"]
mod secure;
#[path = "../login/startup.rs"]
mod startup;
#[path = "../login/tls.rs"]
mod tls;
