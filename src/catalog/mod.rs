//! JumpStart: from a model id to what a training job needs.
//!
//! [`Catalog`] reads SageMaker's public hub and keeps what it read, for all selections; [`job_request`] is pure.

mod document;
mod hub;
mod hyperparameters;
mod presets;
mod python;
mod resolve;

pub use document::{HubHyperparameter, HubModel};
pub use hub::{Catalog, CatalogError};
pub use resolve::{Problem, job_request};
