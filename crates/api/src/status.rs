use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conditions::{Condition, closed};
use super::results::is_zero;
use super::{BestTrainingJob, Front, bounds};

/// status is the last observed state. The operator can rebuild all of it from the spec and SageMaker.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ModelSelectionStatus {
    /// conditions: Ready, Reconciling, Stalled, Succeeded, Finished, Suspended, ResultPublished. Wait for Finished:
    /// it becomes True on success and on failure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// observedGeneration is the metadata.generation of this status; -1 before the operator has observed the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = bounds::GENERATION))]
    pub observed_generation: Option<i64>,
    /// progress is the number of ended runs and of all runs, such as '12/21', and of failed runs, such as '12/21, 1
    /// failed'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub progress: Option<String>,
    /// recommended is the recommended candidate of each dataset, in the order of the spec, or once if it is the same
    /// for all. It is for display: long names are shortened. fronts[].recommendation has the full names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub recommended: Option<String>,
    /// frontSizes is the size of the Pareto front of each dataset, in the order of the spec, such as '20' or '20,7'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::FRONT_SIZES))]
    pub front_sizes: Option<String>,
    /// counts of runs by state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// startTime is the time when the operator first observed the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::Time>,
    /// completionTime is the time when the last run ended; absent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_time: Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::Time>,
    /// region is the AWS region of the runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub region: Option<String>,
    /// rerun is the value of spec.rerun of the runs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 64))]
    pub rerun: String,
    /// expansions are the models that each of spec.candidateSelectors found, in their order, recorded until the
    /// selector, rerun or region is edited. During a new evaluation, a last entry without a selector has the previous
    /// models.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 17))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub expansions: Vec<Expansion>,
    /// runs are the combinations of candidates and datasets, in the order of the spec: dataset by dataset, candidate by
    /// candidate. During a new evaluation of a selector, the runs of its previous models are at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub runs: Vec<RunStatus>,
    /// superseded are tuning jobs that have not ended and that no run uses after an edit of the spec; the operator
    /// stops them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub superseded: Vec<SupersededJob>,
    /// objectives are the metrics of the values in fronts, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), inner(length(max = bounds::METRIC_NAME)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub objectives: Vec<String>,
    /// fronts are the Pareto fronts, one for each dataset.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub fronts: Vec<Front>,
}

/// The models that one selector found.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Expansion {
    /// selector is the fingerprint of the selector, spec.rerun and the region: while it is the same, the models are the
    /// same.
    #[schemars(length(max = 64))]
    pub selector: String,
    /// modelIDs are the ids of the models found, in their order.
    #[serde(rename = "modelIDs")]
    #[schemars(length(max = 1024), inner(length(max = 63)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub model_ids: Vec<String>,
    /// message lists how many models each clause of the selector leaves.
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
    /// waiting for a permit, for a quota or for user action.
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
    /// The state of a run. Clients must treat unknown values as not ended.
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
    /// Whether the run has ended: nothing more happens by itself.
    pub fn ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Stopped)
    }

    /// Whether a tuning job of the run counts against the limits.
    pub fn active(self) -> bool {
        matches!(self, Self::Running | Self::Stopping)
    }
}

/// One candidate on one dataset.
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
    /// reason says in one word why a run waits, failed or was stopped, or why the table of training jobs of a succeeded
    /// run is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::crd::reason_schema")]
    pub reason: Option<crate::Reason>,
    /// message explains the reason, with the remedy if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::MESSAGE))]
    pub message: Option<String>,
    /// warning says what may make the result misleading, although the run continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::WARNING))]
    pub warning: Option<String>,
    /// ownSplit is true when the model's script does not use the channel 'validation': it measures on a part of the
    /// training data. See fronts[].warnings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own_split: bool,
    /// attempt is the number of the tuning job created for the same definition, starting from 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1000))]
    pub attempt: i32,
    /// failedAttempts is the number of failed attempts; they count against spec.retries.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0, max = 1000))]
    pub failed_attempts: i32,
    /// attached is true for a job in spec.candidates[].tuningJobName: the operator only reads it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attached: bool,
    /// definition is the fingerprint of everything that affects the training result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub definition: Option<String>,
    /// tuningJobName is the name of the run's SageMaker tuning job; set before the job is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub tuning_job_name: Option<String>,
    /// tuningJobARN is set when the job is known to exist and to belong to this run.
    #[serde(default, rename = "tuningJobARN", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TUNING_JOB_ARN))]
    pub tuning_job_arn: Option<String>,
    /// modelID is the JumpStart model of the candidate.
    #[serde(default, rename = "modelID", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub model_id: Option<String>,
    /// modelVersion is the resolved version of the candidate's model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub model_version: Option<String>,
    /// trainingJobs counts the training jobs of the tuning job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training_jobs: Option<TrainingJobCounts>,
    /// best is the best training job by the tuning objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<BestTrainingJob>,
    /// trials is the location of the table of all training jobs, with spec.collect: All; absent until the run has
    /// ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<Trials>,
    /// endTime is the time when the run's tuning job ended, by SageMaker's clock; absent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::Time>,
    /// paretoRank is 0 on the front of the dataset, 1 on the front without those, and so on; absent for excluded runs.
    /// With spec.collect: All, the rank of the run's best trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = bounds::PARETO_RANK))]
    pub pareto_rank: Option<i32>,
}

impl RunStatus {
    /// The run with another state, reason and message.
    #[must_use]
    pub fn with(mut self, state: RunState, reason: Option<crate::Reason>, message: Option<&str>) -> Self {
        self.state = state;
        self.reason = reason;
        // SageMaker's own failure reasons can be a page long.
        self.message = message.map(|text| super::message(text, bounds::MESSAGE));
        self
    }

    /// The run, waiting to be tried once more with a new job name.
    #[must_use]
    pub fn next_attempt(self) -> Self {
        Self {
            attempt: self.attempt + 1,
            tuning_job_name: None,
            tuning_job_arn: None,
            training_jobs: None,
            best: None,
            trials: None,
            end_time: None,
            pareto_rank: None,
            state: RunState::Waiting,
            reason: Some(crate::Reason::Queued),
            message: None,
            ..self
        }
    }
}

/// The table of all training jobs of a run that have metrics.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Trials {
    /// configMap is the name of the ConfigMap, in the namespace of the selection, whose key 'trials.jsonl' has a line
    /// of JSON for each training job. It is deleted with the selection.
    #[schemars(length(max = 253))]
    pub config_map: String,
    /// count of the training jobs in it.
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub count: i32,
}

/// The training jobs of a tuning job, by state, as SageMaker counts them. States without any are left out.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct TrainingJobCounts {
    /// completed.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub completed: i32,
    /// inProgress.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub in_progress: i32,
    /// retryableError: failed, and SageMaker will try again.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub retryable_error: i32,
    /// nonRetryableError: failed for good.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub non_retryable_error: i32,
    /// stopped.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub stopped: i32,
}

/// A tuning job that the spec no longer needs.
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
    /// definition that the job was created for.
    #[schemars(length(max = 64))]
    pub definition: String,
    /// attempt of the job.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1000))]
    pub attempt: i32,
    /// region that the job runs in.
    #[schemars(length(max = 32))]
    pub region: String,
    /// stopRequested is true after SageMaker has accepted the request to stop the job.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stop_requested: bool,
}
