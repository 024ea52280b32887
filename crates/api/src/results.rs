//! The results of runs in the status: metrics and fronts.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Hosting, Hyperparameters, RecommendationRule, bounds};

/// The best training job of a run and its results.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct BestTrainingJob {
    /// trainingJobName is the name of the SageMaker training job.
    #[schemars(length(max = bounds::TRAINING_JOB_NAME))]
    pub training_job_name: String,
    /// hyperparameters that the search chose; the definition has the fixed ones. In a selection whose status would be
    /// larger than etcd takes (1.5 MiB), those that spec.derivedMetrics do not use are only kept for the recommended
    /// run, or for the runs of a front if they fit.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::chosen_hyperparameters_schema")]
    pub hyperparameters: Hyperparameters,
    /// metrics are the final values of the metrics that the training job emitted, by name. In a selection with more
    /// than 8000 possible values, such as 200 runs of JumpStart models, only of those that the spec uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = bounds::METRICS))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub metrics: Vec<MetricValue>,
    /// metricsOmitted is the number of other metrics that the training job emitted, which are not kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub metrics_omitted: i32,
    /// nonFiniteMetrics are the names of metrics whose final value is not a finite number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = bounds::METRICS), inner(length(max = bounds::METRIC_NAME)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub non_finite_metrics: Vec<String>,
    /// derivedMetrics are the values of spec.derivedMetrics that could be computed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub derived_metrics: Vec<MetricValue>,
    /// fixedHyperparameters are the fixed hyperparameters that spec.derivedMetrics use, as they were sent.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::chosen_hyperparameters_schema")]
    pub fixed_hyperparameters: Hyperparameters,
    /// instanceType of the training job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::INSTANCE_TYPE))]
    pub instance_type: Option<String>,
    /// instanceCount of the training job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub instance_count: Option<i32>,
    /// modelArtifactS3URI is the location of the trained model.
    #[serde(default, rename = "modelArtifactS3URI", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::MODEL_ARTIFACT))]
    pub model_artifact_s3_uri: Option<String>,
    /// trainingSeconds is the duration of the training, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub training_seconds: Option<i32>,
    /// billableSeconds is the billed time per instance, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub billable_seconds: Option<i32>,
}

/// A metric and its value, as the shortest decimal that parses back to the same number.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub struct MetricValue {
    /// name of the metric.
    #[schemars(length(max = bounds::METRIC_NAME))]
    pub name: String,
    /// value as a decimal string.
    #[schemars(length(max = 64))]
    pub value: String,
}

/// The Pareto front of one dataset.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Front {
    /// dataset of the front.
    #[schemars(length(max = 63))]
    pub dataset: String,
    /// members of the front: no other run is at least as good in every objective and better in one. Sorted by the first
    /// objective, best first, then by the next ones, then as in spec.candidates, then by the training job's name. Runs
    /// with equal values are all members.
    #[schemars(length(max = 512))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub members: Vec<FrontMember>,
    /// omittedMembers is the number of members that are not listed: the first 512 are listed, or fewer if all fronts
    /// together would be too long. The ConfigMaps of status.runs[].trials have all training jobs.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0, max = bounds::NUMBER))]
    pub omitted_members: i32,
    /// recommendation is the recommended member by spec.recommend, compared with other members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommendation: Option<Recommendation>,
    /// observed are the candidates that were measured elsewhere, whether on the front or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = bounds::OBSERVED))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub observed: Vec<ObservedPoint>,
    /// hypervolume is the volume that the front dominates, up to the reference point, with the decimal logarithm of
    /// objectives whose scale is Logarithmic; absent if it would take too long: above 10000 members with three
    /// objectives, 512 with up to six, 100 with more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub hypervolume: Option<String>,
    /// reference is the reference point of the hypervolume, worse than every considered run in every objective: the
    /// worst value of each objective plus a tenth of its range on its scale. It depends on the results only, so it
    /// changes while runs still end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), inner(length(max = 64)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub reference: Vec<String>,
    /// excluded are the ended runs and observed candidates that cannot enter the front, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub excluded: Vec<Excluded>,
    /// warnings name objectives whose values were measured on different data, so that they are not comparable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub warnings: Vec<ObjectiveWarning>,
}

/// Why the values of an objective are not comparable.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub struct ObjectiveWarning {
    /// metric of the objective.
    #[schemars(length(max = 255))]
    pub metric: String,
    /// message names the candidates and the remedy.
    #[schemars(length(max = bounds::MESSAGE))]
    pub message: String,
}

/// A run on the front.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct FrontMember {
    /// candidate of the run.
    #[schemars(length(max = 63))]
    pub candidate: String,
    /// trainingJobName is the training job of this member, with spec.collect: All; otherwise it is the run's best one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TRAINING_JOB_NAME))]
    pub training_job_name: Option<String>,
    /// observed is true for a candidate with observed results: it has no run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub observed: bool,
    /// values of status.objectives, in their order, as decimal strings.
    #[schemars(length(max = 8), inner(length(max = 64)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub values: Vec<String>,
}

/// The recommended member of a front, and the reason.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Recommendation {
    /// candidate that is recommended; absent when no member reaches spec.recommend.atLeast.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub candidate: Option<String>,
    /// trainingJobName is the training job of the recommended member, with spec.collect: All.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TRAINING_JOB_NAME))]
    pub training_job_name: Option<String>,
    /// trainingJob is the training job of the recommended member; absent for a candidate that was measured elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training_job: Option<BestTrainingJob>,
    /// hosting is the container that serves the recommended model; absent until it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosting: Option<Hosting>,
    /// rule of the recommendation: Knee or Best.
    pub rule: RecommendationRule,
    /// message explains the recommendation, with the scales that were used.
    #[schemars(length(max = bounds::MESSAGE))]
    pub message: String,
    /// alternatives are at most 4 other members with their trade-offs: for each objective the member to choose if this
    /// objective were more important (the knee of the members that are better in it), then the best member in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = bounds::ALTERNATIVES))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub alternatives: Vec<Alternative>,
}

/// Another member of the front, compared with the recommended one.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Alternative {
    /// candidate of the member.
    #[schemars(length(max = 63))]
    pub candidate: String,
    /// trainingJobName of the member, with spec.collect: All.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::TRAINING_JOB_NAME))]
    pub training_job_name: Option<String>,
    /// message compares it with the recommended member, such as '-8.8 points of test_accuracy for 1.95 times the
    /// test_throughput'. A point is a hundredth, for maximized objectives between 0 and 1.
    #[schemars(length(max = bounds::MESSAGE))]
    pub message: String,
    /// differences to the recommended member, objective by objective.
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub differences: Vec<Difference>,
}

/// How the value of an objective differs from that of the recommended member.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// metric of the objective.
    #[schemars(length(max = 255))]
    pub metric: String,
    /// difference is the value minus that of the recommended member, as a decimal string.
    #[schemars(length(max = 64))]
    pub difference: String,
    /// ratio is the value divided by that of the recommended member, as a decimal string; absent unless both are above
    /// 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub ratio: Option<String>,
}

/// A candidate with observed results, compared with the runs.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ObservedPoint {
    /// candidate with spec.candidates[].observed.
    #[schemars(length(max = 63))]
    pub candidate: String,
    /// values of status.objectives, in their order, as decimal strings.
    #[schemars(length(max = 8), inner(length(max = 64)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub values: Vec<String>,
    /// paretoRank is 0 on the front of the dataset, 1 on the front without those, and so on.
    #[schemars(range(min = 0, max = bounds::PARETO_RANK))]
    pub pareto_rank: i32,
    /// beatenByCount is the number of candidates with a result that is better in every objective.
    #[schemars(range(min = 0, max = 1024))]
    pub beaten_by_count: i32,
    /// beatenBy names them, at most 16, in the order of the spec.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = bounds::BEATEN_BY), inner(length(max = 63)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub beaten_by: Vec<String>,
}

/// A candidate that cannot enter the front.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub struct Excluded {
    /// candidate of the run, or the observed one.
    #[schemars(length(max = 63))]
    pub candidate: String,
    /// reason: MetricMissing, MetricNotFinite, NotPositive, Infeasible or RunNotSucceeded.
    pub reason: ExclusionReason,
    /// message names the metric or the constraint.
    #[schemars(length(max = bounds::MESSAGE))]
    pub message: String,
}

/// Why a run, or an observed candidate, is not considered for the front.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExclusionReason {
    /// The best training job did not emit the metric.
    MetricMissing,
    /// The final value of the metric is not a finite number.
    MetricNotFinite,
    /// An objective with the scale Logarithmic has a value that is not greater than 0.
    NotPositive,
    /// A constraint is not satisfied.
    Infeasible,
    /// The run ended without success.
    RunNotSucceeded,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
pub(super) fn is_zero(value: &i32) -> bool {
    *value == 0
}
