//! What the proxy tells its operator: metrics and logs.

pub mod logging;
pub mod metrics;

pub use metrics::Metrics;
