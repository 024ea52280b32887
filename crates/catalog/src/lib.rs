//! `JumpStart`: from a model id, or a filter over ids, to the request for a tuning job.
//!
//! [`Catalog`] reads SageMaker's hub or JumpStart's metadata and caches it for all selections. Everything apart from
//! the catalog, its sources and its cache is pure: no I/O, no clock.

mod bucket;
mod catalog;
mod channels;
mod combinations;
mod environment;
mod error;
mod hosting;
mod hub_document;
mod hyperparameters;
mod instance_type;
mod job_request;
mod jumpstart;
mod metadata;
mod metric_regex;
mod metrics;
mod model;
mod nearest_ids;
mod one_line;
mod presets;
mod python;
mod s3_spec;
mod sagemaker_limits;
mod select;
mod shared_hyperparameters;
mod source;
mod ttl_cache;
mod volumes;

pub use catalog::Catalog;
pub use error::CatalogError;
pub use hosting::{Hosting, HostingVariant};
pub use hub_document::{from_content, from_document};
pub use job_request::job_request;
pub use model::{Hyperparameter, Model, Variant};
pub use s3_spec::{Buckets, from_spec};
pub use select::{DEPRECATED, Matching, matching, unusable, withdrawn};
pub use shared_hyperparameters::Shared;
pub use source::SourceKind;
