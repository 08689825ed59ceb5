//! What a statement means: the scan that proves a statement harmless, plans, the plan cache, and the
//! splicing of names. [`plan`] has the vocabulary.

pub mod plan;
pub mod planner;
