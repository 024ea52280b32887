//! What was seen of the world, in our words.

use std::time::Duration;

use api::{Hyperparameters, TrainingJobCounts};
use jiff::Timestamp;

/// Where a tuning job stands at SageMaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    /// It runs. Also what a status that this release does not know is taken for.
    InProgress,
    /// It reached its limits.
    Completed,
    /// No training job succeeded, or SageMaker failed.
    Failed,
    /// It is being stopped.
    Stopping,
    /// It was stopped.
    Stopped,
    /// Its entry is being deleted, or could not be.
    Deleting,
}

impl JobStatus {
    /// Whether its training jobs may still run.
    pub fn runs(self) -> bool {
        matches!(self, Self::InProgress | Self::Stopping)
    }

    /// Whether it has come to its end, with a result or without; one that is being deleted shows neither.
    pub fn ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Stopped)
    }
}

/// A tuning job as Describe shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct TuningJob {
    /// Its ARN.
    pub arn: String,
    /// Its status.
    pub status: JobStatus,
    /// Why it failed, in SageMaker's words.
    pub failure_reason: Option<String>,
    /// Its training jobs, by state.
    pub training_jobs: TrainingJobCounts,
    /// The best training job so far.
    pub best: Option<BestSoFar>,
    /// The best one so far among its own and those of the jobs that it was warm-started from.
    pub overall_best: Option<BestSoFar>,
    /// When it ended, to the second.
    pub ended: Option<Timestamp>,
    /// How long it took from its creation to its end.
    pub lasted: Option<Duration>,
}

/// The best training job of a tuning job, before its metrics are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BestSoFar {
    /// Its name.
    pub training_job_name: String,
    /// What the search chose.
    pub hyperparameters: Hyperparameters,
}

/// A training job that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingFailure {
    /// Its name.
    pub training_job_name: String,
    /// Why it failed, in SageMaker's words.
    pub reason: String,
}

/// A training job as Describe shows it; the default is one that no longer exists, of which nothing is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingResult {
    /// The final value of each metric; SageMaker's are 32-bit floats. May hold NaN and infinities. Of a name that stands
    /// here more than once, the last counts: it is the newest.
    pub metrics: Vec<(String, f32)>,
    /// All hyperparameters, fixed and searched, as they were sent.
    pub hyperparameters: Hyperparameters,
    /// The instance type that it ran on.
    pub instance_type: Option<String>,
    /// On how many instances.
    pub instance_count: Option<i32>,
    /// Where the model lies.
    pub model_artifact: Option<String>,
    /// Seconds of training.
    pub training_seconds: Option<i32>,
    /// Seconds to pay for.
    pub billable_seconds: Option<i32>,
}
