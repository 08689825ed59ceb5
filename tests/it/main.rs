//! The behaviour of the proxy in front of a real PostgreSQL, one topic per module.

#[path = "../harness/mod.rs"]
mod harness;

mod applications;
mod atomicity;
mod bad_input;
mod capture;
mod collisions;
mod criss_cross;
mod default_privileges;
mod dev_command;
mod drift;
mod escalation;
mod event_trigger;
mod exchange;
mod expiry;
mod forgery;
mod hierarchies;
mod history;
mod hydration;
mod isolation;
mod merge;
mod merge_audit;
mod merge_history;
mod merge_kinds;
mod merge_matrix;
mod merge_preview;
mod merge_several;
mod merge_union;
mod moving;
mod names;
mod protection;
mod protocol;
mod repo;
mod smoke;
mod store;
mod stress;
mod tags;
mod tour;
mod transparency;
mod undo;
mod undo_matrix;
mod undrop;
mod upgrade;
mod verify;
