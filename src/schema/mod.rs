//! The schema model and everything that can be said about it without a database.
//!
//! [`model`] holds the typed definitions, [`snapshot`] a whole schema at one moment. The rest are
//! functions on them: canonical bytes and hashes, differences, and ordered DDL.

pub mod model;
pub mod snapshot;
