//! The schema model and everything that can be said about it without a database.
//!
//! [`model`] holds the typed definitions, [`kind`] what is true of each kind, [`snapshot`] a whole schema at one moment. The rest are
//! functions on them: [`canonical`] bytes, differences ([`mod@diff`], [`change`]) and ordered DDL
//! ([`mod@render`]). [`quote`] writes names and literals, [`token`] finds them in printed text,
//! [`rename`] and [`query`] replace them.

pub mod acl;
pub mod canonical;
pub mod change;
mod declared;
pub mod diff;
pub mod kind;
pub mod model;
pub mod order;
pub mod query;
pub mod quote;
pub mod rename;
pub mod render;
#[cfg(test)]
pub(crate) mod samples;
pub mod snapshot;
pub mod token;
pub mod version;

pub use change::{Alteration, Change, ChangeKind};
pub use diff::diff;
pub use render::{Creator, Hazard, RenderOptions, Step, create_all, migration, render, script};
pub use snapshot::Snapshot;
