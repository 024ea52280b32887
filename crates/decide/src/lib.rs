//! What to do, worked out from what is declared and what was seen.
//!
//! Everything here is pure: no I/O, no clock, no SDK and no Kubernetes client. Time comes in as an argument, decisions
//! go out as values. `tests/architecture.rs` holds the module to it.

pub mod cadence;
pub mod conditions;
pub mod definition;
pub mod derived;
pub mod events;
mod fit;
pub mod front;
pub mod identity;
pub mod names;
pub mod observation;
pub mod outcome;
pub mod plan;
pub mod problem;
pub mod queue;
pub mod summary;
pub mod table;
pub mod trials;

#[cfg(test)]
mod front_tests;
