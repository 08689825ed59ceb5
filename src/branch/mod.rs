//! Where a branch lives: physical naming ([`map`]) and the registry of branches.

pub mod map;

pub use map::{BranchMap, NameUse, SharedObjects};
