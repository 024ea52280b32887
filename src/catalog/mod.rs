//! JumpStart: from a model id to what a training job needs.
//!
//! [`Catalog`] reads SageMaker's public hub and keeps what it read, for all selections; [`job_request`] is pure.

mod document;
mod hub;
mod hyperparameters;
mod jumpstart;
mod metadata;
mod model;
mod python;
mod resolve;
mod spec;

pub use document::from_document;
pub use hub::{Catalog, CatalogError};
pub use model::{Hyperparameter, Model, Variant};
pub use resolve::{Problem, job_request};
pub use spec::{Buckets, from_spec};
