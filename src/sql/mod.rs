//! What a statement means: the scan that proves a statement harmless, plans, the plan cache, and the
//! splicing of names. [`plan`] has the vocabulary, [`planner`] the way from a text to a plan:
//!
//! 1. `scan` proves most texts harmless without parsing them; `cache` knows the plans of the others, by their `shape`
//!    where the values of literals do not matter.
//! 2. `encoding` and `escapes` make a text readable for the lexer; `tokens` is what the lexer sees.
//! 3. `analyse` parses it and cuts it into statements. `classify` says what each means to the session,
//!    `names` and `embedded` what to splice: `tree` (by a `walk` over all nodes) tells names of objects from
//!    columns, the tokens say where they stand.
//!    `introspection` finds catalogs, which `catalogs` replaces by queries that show one branch;
//!    `given` finds names that come as parameters and results of expressions. `spacing` keeps what is spliced apart from its
//!    neighbours.
//! 4. Where there is no tree, `fallback` decides by tokens and `aliases`.

mod aliases;
mod analyse;
mod cache;
mod catalogs;
mod characters;
mod classify;
mod embedded;
mod encoding;
mod escapes;
mod fallback;
mod given;
mod introspection;
mod literals;
mod names;
pub mod plan;
pub mod planner;
pub mod position;
pub mod retarget;
mod scan;
mod shape;
mod spacing;
mod tokens;
mod tree;
pub mod using;
mod walk;

pub use cache::CacheUsage;
pub use characters::Characters;
pub use planner::{PlanContext, Planner};
pub use position::{apply_splices, map_position};
pub use retarget::{SqlError, retarget};
pub use using::{UsingExpression, using_expressions};
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
