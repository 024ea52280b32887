//! The kubectl plugin's calls to AWS, with the user's credentials: the logs of training jobs, quotas,
//! and the user's identity. It only reads.
//!
//! The operator does not use this crate: its calls go through `sagemaker`, with rate limits and leader election.

mod account;
mod error;
mod identity;
mod logs;
mod quotas;
mod training_job;

pub use account::{Access, Account};
pub use error::{AwsError, Kind};
pub use identity::Identity;
pub use logs::{Event, GROUP, JobLogs, Start};
