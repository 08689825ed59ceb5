//! What the product does: one use case per file, written once, shown through every front door.

pub mod capture;
pub mod database;
pub mod identity;
pub mod pending;
pub mod reference;

pub use capture::{Captured, capture};
pub use database::{Database, Repo, StartupSettings};
pub use identity::Identity;
pub use pending::PendingDdl;
pub use reference::Ref;
