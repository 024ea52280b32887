//! The observed state of SageMaker, in the operator's own types.

use std::time::Duration;

use api::{Hyperparameters, TrainingJobCounts};

/// The status of a tuning job at SageMaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    /// It is running. Statuses that this release does not know also map to this.
    InProgress,
    /// It reached its limits.
    Completed,
    /// No training job succeeded, or SageMaker failed.
    Failed,
    /// It is being stopped.
    Stopping,
    /// It was stopped.
    Stopped,
    /// Its record is being deleted, or its deletion failed.
    Deleting,
}

impl JobStatus {
    /// Whether its training jobs may still be running.
    pub fn runs(self) -> bool {
        matches!(self, Self::InProgress | Self::Stopping)
    }

    /// Whether it has ended, with or without a result; a job that is being deleted shows neither.
    pub fn ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Stopped)
    }
}

/// A tuning job as Describe returns it.
#[derive(Clone, Debug, PartialEq)]
pub struct TuningJob {
    /// Its ARN.
    pub arn: String,
    /// Its status.
    pub status: JobStatus,
    /// SageMaker's failure reason.
    pub failure_reason: Option<String>,
    /// Its training jobs, by state.
    pub training_jobs: TrainingJobCounts,
    /// The best training job so far.
    pub best: Option<BestSoFar>,
    /// The best training job so far among its own and those of its warm start's parents.
    pub overall_best: Option<BestSoFar>,
    /// The time from its creation to its end.
    pub lasted: Option<Duration>,
}

/// The best training job of a tuning job, without its metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BestSoFar {
    /// Its name.
    pub training_job_name: String,
    /// The hyperparameters that the search chose.
    pub hyperparameters: Hyperparameters,
}

/// A training job that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingFailure {
    /// Its name.
    pub training_job_name: String,
    /// SageMaker's failure reason.
    pub reason: String,
}

/// A training job as Describe returns it; the default value is one that no longer exists and of which nothing is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingResult {
    /// The final value of each metric; SageMaker returns 32-bit floats. May contain NaN and infinities. Of several
    /// values with the same name, the last one counts, because it is the newest.
    pub metrics: Vec<(String, f32)>,
    /// All hyperparameters, fixed and searched, as they were sent.
    pub hyperparameters: Hyperparameters,
    /// The instance type that it ran on.
    pub instance_type: Option<String>,
    /// The number of instances.
    pub instance_count: Option<i32>,
    /// The location of the model artifact.
    pub model_artifact: Option<String>,
    /// Duration of the training, in seconds.
    pub training_seconds: Option<i32>,
    /// Billed time, in seconds.
    pub billable_seconds: Option<i32>,
}
