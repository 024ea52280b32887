//! `JumpStart`: from a model id, or a filter over ids, to what a training job needs.
//!
//! [`Catalog`] reads SageMaker's hub or JumpStart's metadata and keeps what it read, for all selections; [`matching`]
//! and [`job_request`] are pure.

mod cache;
mod document;
mod hyperparameters;
mod python;
mod resolve;
mod select;
mod source;

pub use cache::{Catalog, CatalogError};
pub use document::{HubHyperparameter, HubModel};
pub use resolve::{Problem, job_request};
pub use select::{Matching, matching, unusable};
pub use source::{Listed, SourceKind};
