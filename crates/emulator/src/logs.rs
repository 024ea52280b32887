//! What a training job writes, and what the service reads out of it.

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
