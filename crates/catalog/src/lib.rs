//! `JumpStart`: from a model id, or a filter over ids, to what a training job needs.
//!
//! [`Catalog`] reads SageMaker's hub or JumpStart's metadata and keeps what it read, for all selections; [`matching`]
//! and [`job_request`] are pure.

mod catalog;
mod combinations;
mod document;
mod error;
mod hyperparameters;
mod jumpstart;
mod limits;
mod metadata;
mod metric_regex;
mod metrics;
mod model;
mod nearest;
mod presets;
mod python;
mod resolve;
mod select;
mod shared;
mod source;
mod spec;
mod ttl_cache;
mod version;

pub use catalog::Catalog;
pub use document::from_document;
pub use error::CatalogError;
pub use model::{Hyperparameter, Model, Variant};
pub use resolve::job_request;
pub use select::{DEPRECATED, Matching, matching, unusable, withdrawn};
pub use shared::Shared;
pub use source::SourceKind;
pub use spec::{Buckets, from_spec};
