//! The tests of the protocol and of logins once more, with each byte in a TCP segment of its own.

#[path = "../harness/mod.rs"]
mod harness;

#[path = "../login/again.rs"]
mod again;
