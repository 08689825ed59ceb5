//! What a statement means: the scan that proves a statement harmless, plans, the plan cache, and the
//! splicing of names. [`plan`] has the vocabulary, [`planner`] the way from a text to a plan.

pub mod plan;
pub mod planner;
pub mod position;
pub mod retarget;
pub mod using;

pub use planner::{PlanContext, Planner};
pub use position::{apply_splices, map_position};
pub use retarget::{SqlError, retarget};
pub use using::{UsingExpression, using_expressions};
