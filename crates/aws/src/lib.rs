//! What the kubectl plugin asks of AWS, with the credentials of the person who runs it: the logs of training jobs, quotas,
//! and who the person is. It reads and never writes.
//!
//! The operator does not use this: its calls go through `sagemaker`, with limits and leadership.

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
