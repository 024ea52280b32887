//! The life of a tuning job. Time is an argument.

pub mod job;
pub mod plan;
pub mod progress;
pub mod sampling;
pub mod tags;
pub mod trial;
pub mod world;
