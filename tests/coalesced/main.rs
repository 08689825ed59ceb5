//! The tests of the protocol and of logins once more, with all that a sender says at a time in one TCP segment.

#[path = "../harness/mod.rs"]
mod harness;

#[path = "../login/again.rs"]
mod again;
