//! Where a branch lives: what it may be called ([`name`]), physical naming ([`map`]) and the [`registry`] of branches.

mod logical;
pub mod map;
pub mod name;
pub mod registry;
pub mod search_path;

pub use map::{BranchMap, MAIN, NameUse, ObjectName, SharedObjects};
pub use registry::{BranchEntry, Registry};
pub use search_path::SearchPath;
