//! What everything that does I/O stands on: the clock, the metrics, readiness, leadership, and the words of the API
//! server. Knows nothing of selections or of SageMaker.

pub mod api_server;
pub mod clock;
pub mod leadership;
pub mod metrics;
pub mod readiness;
