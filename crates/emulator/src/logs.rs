//! The logs of training jobs, and the metrics that the service extracts from them.

pub mod first_party;
pub mod keras;
pub mod metrics;
pub mod models;
pub mod quality;
pub mod results;
pub mod run;
pub mod tasks;
pub mod torch;
pub mod writer;
