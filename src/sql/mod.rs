//! What a statement means: the scan that proves a statement harmless, plans, the plan cache, and the
//! splicing of names. [`plan`] has the vocabulary, [`planner`] the way from a text to a plan.

mod aliases;
mod analyse;
mod cache;
mod classify;
mod encoding;
mod fallback;
mod literals;
mod names;
pub mod plan;
pub mod planner;
pub mod position;
pub mod retarget;
mod scan;
mod tokens;
mod tree;
pub mod using;
mod walk;

pub use cache::CacheUsage;
pub use planner::{PlanContext, Planner};
pub use position::{apply_splices, map_position};
pub use retarget::{SqlError, retarget};
pub use using::{UsingExpression, using_expressions};
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
