//! The platform for all crates that do I/O: the clock, the metrics, readiness, leadership, and error messages of the
//! API server. Independent of selections and SageMaker.

pub mod api_server;
pub mod clock;
pub mod leadership;
pub mod metrics;
pub mod readiness;
