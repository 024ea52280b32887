//! The decisions: what to do, computed from the declared and the observed state.
//!
//! Everything here is pure: no I/O, no clock, no SDK and no Kubernetes client. Time is an argument, and decisions are
//! return values. The crate depends on nothing that could do I/O.

pub mod absence;
pub mod algorithms;
pub mod collect_all;
pub mod conditions;
pub mod derived;
pub mod effective;
pub mod event_flow;
pub mod events;
pub mod expansion;
pub mod expected_ends;
pub mod fair_share;
pub mod fault;
pub mod fingerprint;
pub mod front;
pub mod hosting;
pub mod identity;
pub mod incarnation;
pub mod job_name;
pub mod model_version;
pub mod observation;
pub mod permits;
pub mod plan;
pub mod problem;
pub mod progress;
pub mod regions;
pub mod result_config_map;
pub mod retry;
pub mod run;
mod status_bounds;
pub mod status_size;
pub mod suggest;
pub mod summary;
pub mod table_pages;
pub mod training_job;
