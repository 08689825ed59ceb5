//! Where a branch lives: physical naming ([`map`]) and the [`registry`] of branches.

pub mod map;
pub mod registry;
pub mod search_path;

pub use map::{BranchMap, MAIN, NameUse, SharedObjects};
pub use registry::{BranchEntry, Registry};
