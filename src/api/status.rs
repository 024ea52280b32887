use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conditions::Condition;
use super::spec::Hyperparameters;

/// status is what the operator last saw. Everything here can be rebuilt from the spec and SageMaker.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ModelSelectionStatus {
    /// conditions: Ready, Reconciling, Stalled, Succeeded, Suspended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// observedGeneration is the metadata.generation that this status speaks of; -1 before the operator has seen the
    /// object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1))]
    pub observed_generation: Option<i64>,
    /// progress is runs ended, of all runs, such as '12/21'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub progress: Option<String>,
    /// best is the recommended candidate of the first dataset; see fronts for each dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub best: Option<String>,
    /// front is the size of the Pareto set of each dataset, in their order, such as '20' or '20,7'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub front: Option<String>,
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
    /// expansions are what each of spec.candidateSelectors has found, in their order; pinned until it is edited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub expansions: Vec<Expansion>,
    /// runs are the cells of candidates x datasets, in the order of the spec: dataset by dataset, candidate by candidate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 512))]
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
    #[schemars(length(max = 512), inner(length(max = 63)))]
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
    #[schemars(range(min = 0, max = 512))]
    pub total: i32,
    /// waiting for their turn, for a quota or for a person.
    #[schemars(range(min = 0, max = 512))]
    pub waiting: i32,
    /// running or stopping.
    #[schemars(range(min = 0, max = 512))]
    pub running: i32,
    /// succeeded.
    #[schemars(range(min = 0, max = 512))]
    pub succeeded: i32,
    /// failed.
    #[schemars(range(min = 0, max = 512))]
    pub failed: i32,
    /// stopped.
    #[schemars(range(min = 0, max = 512))]
    pub stopped: i32,
}

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
    pub reason: Option<crate::api::Reason>,
    /// message says it in words, with the remedy where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
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
    #[schemars(length(max = 256))]
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
    #[schemars(range(min = 0, max = 512))]
    pub pareto_rank: Option<i32>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_zero(value: &i32) -> bool {
    *value == 0
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
    #[schemars(range(min = 0))]
    pub count: i32,
}

/// The training jobs of a tuning job, by state, as SageMaker counts them.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct TrainingJobCounts {
    /// completed.
    #[schemars(range(min = 0))]
    pub completed: i32,
    /// inProgress.
    #[schemars(range(min = 0))]
    pub in_progress: i32,
    /// retryableError: failed, and SageMaker will try again.
    #[schemars(range(min = 0))]
    pub retryable_error: i32,
    /// nonRetryableError: failed for good.
    #[schemars(range(min = 0))]
    pub non_retryable_error: i32,
    /// stopped.
    #[schemars(range(min = 0))]
    pub stopped: i32,
}

/// The best training job of a run and what it reported.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct BestTrainingJob {
    /// trainingJobName is the name of the SageMaker training job.
    #[schemars(length(max = 63))]
    pub training_job_name: String,
    /// hyperparameters that the search chose; the fixed ones are those of the definition.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::chosen_hyperparameters_schema")]
    pub hyperparameters: Hyperparameters,
    /// metrics are the final values of all metrics that the training job emitted, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub metrics: Vec<MetricValue>,
    /// nonFiniteMetrics names the metrics whose final value was no finite number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 255)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub non_finite_metrics: Vec<String>,
    /// derivedMetrics are the values of spec.derivedMetrics, as far as they can be worked out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub derived_metrics: Vec<MetricValue>,
    /// fixedHyperparameters are those of the fixed hyperparameters that spec.derivedMetrics use, as they were sent.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::chosen_hyperparameters_schema")]
    pub fixed_hyperparameters: Hyperparameters,
    /// instanceType that the training job ran on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub instance_type: Option<String>,
    /// instanceCount of the training job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub instance_count: Option<i32>,
    /// modelArtifactS3URI is where the trained model lies.
    #[serde(default, rename = "modelArtifactS3URI", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1200))]
    pub model_artifact_s3_uri: Option<String>,
    /// trainingSeconds is the time that the training took, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub training_seconds: Option<i32>,
    /// billableSeconds is the time to pay for each instance, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub billable_seconds: Option<i32>,
}

/// A metric and its value, as the shortest decimal that parses back to the same number.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub struct MetricValue {
    /// name of the metric.
    #[schemars(length(max = 255))]
    pub name: String,
    /// value as a decimal string.
    #[schemars(length(max = 64))]
    pub value: String,
}

/// A tuning job that the spec no longer asks for.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SupersededJob {
    /// tuningJobName of the job.
    #[schemars(length(max = 32))]
    pub tuning_job_name: String,
    /// tuningJobARN of the job, if it is known to exist.
    #[serde(default, rename = "tuningJobARN", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
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

/// The Pareto set of one dataset.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Front {
    /// dataset that the front is for.
    #[schemars(length(max = 63))]
    pub dataset: String,
    /// members of the front: no other run is at least as good in every objective and better in one. Ordered by the
    /// first objective, best first, then by the next ones, then as in spec.candidates, then by the training job's name.
    /// Equal ones are all members.
    #[schemars(length(max = 512))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub members: Vec<FrontMember>,
    /// omittedMembers is how many further members the front has: the first 512 are listed, or fewer when all fronts
    /// together would be too long. All trials are in the ConfigMaps of status.runs[].trials.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0))]
    pub omitted_members: i32,
    /// recommended is the knee of the front: the member nearest to the ideal point, each objective scaled to the range
    /// that it has on the front.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub recommended: Option<String>,
    /// recommendedTrainingJobName is the training job of the recommended candidate, with spec.collect: All.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub recommended_training_job_name: Option<String>,
    /// hypervolume is the volume that the front dominates, up to the reference point; absent where it would take too
    /// long: above 10000 members with three objectives, 512 with up to six, 100 with more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub hypervolume: Option<String>,
    /// reference is the point, worse than every considered run in every objective, up to which the hypervolume is
    /// measured: the worst value of each objective, and a tenth of its range further. It follows from the results alone,
    /// so it moves while runs still end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub reference: Vec<ObjectiveValue>,
    /// excluded are the ended runs that cannot be on the front, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 512))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub excluded: Vec<Excluded>,
}

/// A run on the front.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct FrontMember {
    /// candidate of the run.
    #[schemars(length(max = 63))]
    pub candidate: String,
    /// trainingJobName is the training job that is the member, with spec.collect: All; otherwise the run's best one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub training_job_name: Option<String>,
    /// values of the objectives, in their order in the spec.
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub values: Vec<ObjectiveValue>,
}

/// The value of one objective.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub struct ObjectiveValue {
    /// metric of the objective.
    #[schemars(length(max = 255))]
    pub metric: String,
    /// value as a decimal string.
    #[schemars(length(max = 64))]
    pub value: String,
}

/// A run that cannot be on the front.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub struct Excluded {
    /// candidate of the run.
    #[schemars(length(max = 63))]
    pub candidate: String,
    /// reason: MetricMissing, MetricNotFinite, Infeasible or RunNotSucceeded.
    pub reason: ExclusionReason,
    /// message names the metric or the constraint.
    #[schemars(length(max = 512))]
    pub message: String,
}

/// Why a run is not considered for the front.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExclusionReason {
    /// The best training job did not emit the metric.
    MetricMissing,
    /// The final value of the metric is no finite number.
    MetricNotFinite,
    /// A constraint is not met.
    Infeasible,
    /// The run ended without success.
    RunNotSucceeded,
}
