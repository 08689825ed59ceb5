//! What the product does: one use case per file, written once, shown through every front door.

mod adopt;
mod advance;
pub mod blocks;
pub mod branches;
pub mod capture;
pub mod database;
pub mod difference;
pub mod drift;
pub mod error;
pub mod event_trigger;
pub mod exchange;
pub mod history;
pub mod hydration;
pub mod identity;
pub mod init;
mod ledger;
pub mod merging;
mod observe;
pub mod pending;
pub mod reference;
pub mod settings;
mod survey;
pub mod tags;
pub mod transition;
pub mod undrop;
pub mod verify;

pub use capture::{Captured, capture};
pub use database::{Database, Repo, Versioning};
pub use error::RepoError;
pub use hydration::Hydration;
pub use identity::Identity;
pub use init::{InitReport, init};
pub use pending::PendingDdl;
pub use reference::Ref;
pub use settings::StartupSettings;
pub use verify::verify;
