//! Live catalogs → schema model.
//!
//! [`touched`] finds what the current transaction may have changed, [`read`] introspects objects or
//! whole schemas, and [`Raw::objects`] turns what was read into definitions in logical names, so
//! that one object has one definition on every branch. [`unsupported`] names everything that the
//! model has no kind for.
//!
//! All of it is SQL under [`PINNED_SETTINGS`](crate::upstream::executor::PINNED_SETTINGS), for
//! PostgreSQL 14 to 18. Members of extensions, temporary objects, system schemas and `pggit` are
//! never seen.

mod body;
mod definition;
pub mod error;
pub mod fingerprint;
pub mod id;
pub mod lineage;
mod logical;
pub mod read;
mod row;
pub mod server;
mod settled;
pub mod system;
pub mod touched;
pub mod unsupported;
pub mod written;

pub use error::CatalogError;
pub use fingerprint::{Fingerprint, Moved, fingerprint, moved};
pub use id::{CatalogId, TargetClass};
pub use lineage::LineageBook;
pub use read::{Found, Raw, Selection, contents, read};
pub use server::{ExtensionMembers, creator, extension_members, extensions, server_version};
pub use system::{SystemRelation, SystemRelations, system_relations};
pub use touched::{PhysicalTarget, Touched, TouchedRequest, touched};
pub use unsupported::{Unsupported, unsupported};
pub use written::{written, wrote_catalogs};
