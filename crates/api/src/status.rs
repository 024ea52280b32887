use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conditions::{Condition, closed};
use super::results::is_zero;
use super::{BestTrainingJob, Front, bounds};

/// status is what the operator last saw. Everything here can be rebuilt from the spec and SageMaker.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ModelSelectionStatus {
    /// conditions: Ready, Reconciling, Stalled, Succeeded, Finished, Suspended. Wait for Finished: it comes for good or bad.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// observedGeneration is the metadata.generation that this status speaks of; -1 before the operator has seen the
    /// object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = bounds::GENERATION))]
    pub observed_generation: Option<i64>,
    /// progress is runs ended, of all runs, such as '12/21', and how many of them failed, such as '12/21, 1 failed'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub progress: Option<String>,
    /// recommended is the recommended candidate of each dataset, in their order, once where it is the same for all; for
    /// people: long names are shortened. Whole names are in fronts[].recommendation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub recommended: Option<String>,
    /// frontSizes is the size of the Pareto set of each dataset, in their order, such as '20' or '20,7'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::FRONT_SIZES))]
    pub front_sizes: Option<String>,
    /// counts of runs by state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// startTime is when the operator first saw the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::Time>,
    /// completionTime is when the last run ended; absent while any run has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_time: Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::Time>,
    /// region is the AWS region that the runs belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub region: Option<String>,
    /// rerun is the value of spec.rerun that the runs belong to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 64))]
    pub rerun: String,
    /// expansions are what each of spec.candidateSelectors has found, in their order; pinned until the selector,
    /// rerun or region is edited. While one is looked up anew, a last entry without a selector holds what was found
    /// before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 17))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub expansions: Vec<Expansion>,
    /// runs are the cells of candidates x datasets, in the order of the spec: dataset by dataset, candidate by candidate.
    /// While a selector is looked up anew, the runs of what it had found before stand at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub runs: Vec<RunStatus>,
    /// superseded are tuning jobs that no run refers to any more, because the spec was edited, and that have not ended
    /// yet; the operator stops them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub superseded: Vec<SupersededJob>,
    /// fronts are the Pareto sets, one for each dataset.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub fronts: Vec<Front>,
}

/// What one selector has found.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Expansion {
    /// selector is the fingerprint of the selector, spec.rerun and the region: while it stays, so do the models.
    #[schemars(length(max = 64))]
    pub selector: String,
    /// modelIDs of the models that were found, in their order.
    #[serde(rename = "modelIDs")]
    #[schemars(length(max = 1024), inner(length(max = 63)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub model_ids: Vec<String>,
    /// message says how many models each clause of the selector has left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
}

/// Numbers of runs by state.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// total number of runs.
    #[schemars(range(min = 0, max = 1024))]
    pub total: i32,
    /// waiting for their turn, for a quota or for a person.
    #[schemars(range(min = 0, max = 1024))]
    pub waiting: i32,
    /// running or stopping.
    #[schemars(range(min = 0, max = 1024))]
    pub running: i32,
    /// succeeded.
    #[schemars(range(min = 0, max = 1024))]
    pub succeeded: i32,
    /// failed.
    #[schemars(range(min = 0, max = 1024))]
    pub failed: i32,
    /// stopped.
    #[schemars(range(min = 0, max = 1024))]
    pub stopped: i32,
}

closed! {
    /// Where a run stands. Clients must treat unknown values as not ended.
    #[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum RunState {
        /// It has no running tuning job; `reason` says why.
        #[default]
        Waiting,
        /// Its tuning job runs.
        Running,
        /// Its tuning job is being stopped.
        Stopping,
        /// Its tuning job completed and has a best training job.
        Succeeded,
        /// Its tuning job failed, or completed with no training job that emitted the tuning objective.
        Failed,
        /// Its tuning job was stopped.
        Stopped,
    }
}

impl RunState {
    /// Whether the run has come to its end: nothing more will happen by itself.
    pub fn ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Stopped)
    }

    /// Whether a tuning job of the run counts against the limits.
    pub fn active(self) -> bool {
        matches!(self, Self::Running | Self::Stopping)
    }
}

/// One cell of candidates x datasets.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct RunStatus {
    /// candidate is the name of the candidate.
    #[schemars(length(max = 63))]
    pub candidate: String,
    /// dataset is the name of the dataset.
    #[schemars(length(max = 63))]
    pub dataset: String,
    /// state: Waiting, Running, Stopping, Succeeded, Failed or Stopped.
    pub state: RunState,
    /// reason says in one word why a run waits, failed or was stopped, or why the training jobs of one that succeeded are
    /// not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::crd::reason_schema")]
    pub reason: Option<crate::Reason>,
    /// message says it in words, with the remedy where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::MESSAGE))]
    pub message: Option<String>,
    /// attempt is the number of the tuning job made for the same definition, from 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1000))]
    pub attempt: i32,
    /// failedAttempts is how many of the earlier attempts failed; they count against spec.retries.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0, max = 1000))]
    pub failed_attempts: i32,
    /// attached is true for a job that spec.candidates[].tuningJobName names: it is only read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attached: bool,
    /// definition is the fingerprint of all that decides what the run trains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub definition: Option<String>,
    /// tuningJobName is the name of the run's SageMaker tuning job; set before the job is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub tuning_job_name: Option<String>,
    /// tuningJobARN is set once the job is known to exist and to be this run's own.
    #[serde(default, rename = "tuningJobARN", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TUNING_JOB_ARN))]
    pub tuning_job_arn: Option<String>,
    /// modelID is the JumpStart model of the candidate.
    #[serde(default, rename = "modelID", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub model_id: Option<String>,
    /// modelVersion is what the candidate's version was resolved to; pinned from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub model_version: Option<String>,
    /// trainingJobs counts the training jobs of the tuning job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training_jobs: Option<TrainingJobCounts>,
    /// best is the best training job by the tuning objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<BestTrainingJob>,
    /// trials is where all training jobs of the run are kept, with spec.collect: All; absent until the run has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<Trials>,
    /// paretoRank is 0 on the front of the dataset, 1 on the front without those, and so on; absent for excluded runs.
    /// With spec.collect: All, the rank of the run's best trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = bounds::PARETO_RANK))]
    pub pareto_rank: Option<i32>,
}

impl RunStatus {
    /// The run in `state`, for `reason`.
    #[must_use]
    pub fn with(mut self, state: RunState, reason: Option<crate::Reason>, message: Option<&str>) -> Self {
        self.state = state;
        self.reason = reason;
        // SageMaker's own reasons can be a page long.
        self.message = message.map(|text| super::message(text, bounds::MESSAGE));
        self
    }

    /// The run waiting to be tried once more under a new name.
    #[must_use]
    pub fn next_attempt(self) -> Self {
        Self {
            attempt: self.attempt + 1,
            tuning_job_name: None,
            tuning_job_arn: None,
            training_jobs: None,
            best: None,
            trials: None,
            pareto_rank: None,
            state: RunState::Waiting,
            reason: Some(crate::Reason::Queued),
            message: None,
            ..self
        }
    }
}

/// The table of all completed training jobs of a run.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Trials {
    /// configMap is the name of the ConfigMap, in the namespace of the selection, whose key 'trials.jsonl' has a line of
    /// JSON for each training job. It goes when the selection goes.
    #[schemars(length(max = 253))]
    pub config_map: String,
    /// count of the training jobs in it.
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub count: i32,
}

/// The training jobs of a tuning job, by state, as SageMaker counts them.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct TrainingJobCounts {
    /// completed.
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub completed: i32,
    /// inProgress.
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub in_progress: i32,
    /// retryableError: failed, and SageMaker will try again.
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub retryable_error: i32,
    /// nonRetryableError: failed for good.
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub non_retryable_error: i32,
    /// stopped.
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub stopped: i32,
}

/// A tuning job that the spec no longer asks for.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SupersededJob {
    /// tuningJobName of the job.
    #[schemars(length(max = 32))]
    pub tuning_job_name: String,
    /// tuningJobARN of the job, if it is known to exist.
    #[serde(default, rename = "tuningJobARN", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TUNING_JOB_ARN))]
    pub tuning_job_arn: Option<String>,
    /// candidate that the job was for.
    #[schemars(length(max = 63))]
    pub candidate: String,
    /// dataset that the job was for.
    #[schemars(length(max = 63))]
    pub dataset: String,
    /// definition that the job was made for.
    #[schemars(length(max = 64))]
    pub definition: String,
    /// attempt of the job.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1000))]
    pub attempt: i32,
    /// region that the job runs in.
    #[schemars(length(max = 32))]
    pub region: String,
    /// stopRequested is true once SageMaker has accepted to stop the job.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stop_requested: bool,
}
