//! The wire types of `modelselection.dev/v1alpha1`.
//!
//! No client, no clock, no SDK. Doc comments here are the user manual: they become `kubectl explain` and the
//! reference page. Notes for developers are plain `//` comments.

// The text is for `kubectl explain`, which does not render Markdown.
#![allow(clippy::doc_markdown, clippy::doc_link_with_quotes)]

pub mod bounds;
mod candidate;
mod conditions;
mod crd;
mod dataset;
mod decimal;
mod hosting;
mod hyperparameters;
mod input_mode;
mod int_or_string;
mod metric;
mod observed;
mod overrides;
pub mod permissions;
mod results;
mod spec;
mod status;
mod text;
mod training;
mod tuning;

pub use candidate::*;
pub use conditions::{Condition, ConditionStatus, ConditionType, Reason, WantedCondition, merge_conditions};
pub use crd::crd;
pub use dataset::*;
pub use decimal::{decimal, decimal_of_f32, parse_decimal, significant};
pub use hosting::Hosting;
pub use hyperparameters::Hyperparameters;
pub use input_mode::InputMode;
pub use metric::*;
pub use observed::*;
pub use overrides::Patch;
pub use results::*;
pub use spec::*;
pub use status::*;
pub use text::{clip, message, plain};
pub use training::*;
pub use tuning::*;

/// The finalizer that delays the deletion of an object until its running tuning jobs are stopped.
pub const FINALIZER: &str = "modelselection.dev/stop-tuning-jobs";
/// The field manager of the status in `metadata.managedFields`, and the reporting instance of Events.
pub const FIELD_MANAGER: &str = "modelselection-operator";
