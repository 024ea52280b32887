//! What the fuzzer runs (`make fuzz`). Each target takes any bytes, and returns whether they got as far as what it
//! checks: most inputs of a fuzzer do not, and all seeds must.
//!
//! The fuzzer itself is in `fuzz`, which needs a nightly compiler. The targets are here, so that every build compiles
//! them, and `tests/seeds.rs` runs them on the seeds.

#[cfg(feature = "sdk")]
pub mod answers;
pub mod events;
pub mod expressions;
#[cfg(feature = "sdk")]
pub mod hub_documents;
pub mod manifests;
mod reconcile;
mod selection;
pub mod statuses;
