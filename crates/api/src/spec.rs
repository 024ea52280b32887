use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{OBJECT_NAME, REGION, ROLE_ARN};
use super::status::ModelSelectionStatus;
use super::{Candidate, CandidateSelector, Constraint, Dataset, DerivedMetric, Objective, Recommend, Training, Tuning};

/// spec lists what to compare, on which data, by which objectives. The operator creates one SageMaker tuning job for
/// each candidate on each dataset: a run. Changing a field creates new jobs only for the runs whose definition it
/// changes.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "modelselection.dev",
    version = "v1alpha1",
    kind = "ModelSelection",
    plural = "modelselections",
    shortname = "msel",
    category = "ml",
    namespaced,
    status = "ModelSelectionStatus",
    doc = "ModelSelection compares machine-learning models: it has each candidate tuned on each dataset by SageMaker, collects the metrics of the best training job, and reports the Pareto set over the objectives.",
    selectable = ".spec.suspend",
    printcolumn(name = "READY", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status", description = "whether the state that readyPolicy selects is reached"),
    printcolumn(name = "STATUS", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", description = "the reason of Ready"),
    printcolumn(name = "PROGRESS", type_ = "string", json_path = ".status.progress", description = "runs ended, of all runs, and how many of them failed"),
    printcolumn(name = "BEST", type_ = "string", json_path = ".status.recommended", description = "the recommended candidate of each dataset, shortened"),
    printcolumn(name = "AGE", type_ = "date", json_path = ".metadata.creationTimestamp", description = "time since the object was created"),
    printcolumn(name = "RUNNING", type_ = "integer", json_path = ".status.counts.running", priority = 1, description = "runs whose tuning job runs"),
    printcolumn(name = "FAILED", type_ = "integer", json_path = ".status.counts.failed", priority = 1, description = "runs that failed"),
    printcolumn(name = "FRONT", type_ = "string", json_path = ".status.frontSizes", priority = 1, description = "size of the Pareto set of each dataset"),
    printcolumn(name = "MESSAGE", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].message", priority = 1, description = "the message of Ready"),
    validation = Rule::new("size(self.metadata.name) <= 63")
        .message("`metadata.name` must be at most 63 characters long: it is part of tags and job names"),
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("(has(self.candidates) && size(self.candidates) > 0) || (has(self.candidateSelectors) && size(self.candidateSelectors) > 0)")
        .message("`candidates` or `candidateSelectors` must be set: there is nothing to compare")
        .field_path(".candidates"),
    validation = Rule::new("!has(self.candidates) || size(self.candidates) * size(self.datasets) <= 512")
        .message("`candidates` times `datasets` must be at most 512 runs; split the selection")
        .field_path(".candidates"),
    validation = Rule::new("!has(self.region) || (self.region.startsWith('cn-') == self.executionRoleARN.startsWith('arn:aws-cn:') && self.region.startsWith('us-gov-') == self.executionRoleARN.startsWith('arn:aws-us-gov:'))")
        .message("`executionRoleARN` must be of the partition of `region`: 'arn:aws-cn:' for 'cn-', 'arn:aws-us-gov:' for 'us-gov-', neither for other regions")
        .field_path(".executionRoleARN"),
    validation = Rule::new("!has(self.candidates) || self.candidates.all(c, !has(c.tuningJobName) || (has(c.dataset) ? self.datasets.exists(d, d.name == c.dataset) : size(self.datasets) == 1))")
        .message("`dataset` of a candidate with `tuningJobName` must name one of `datasets`; it may be left out only when there is one")
        .field_path(".candidates"),
    // An image without any definition may be one of SageMaker's own, which has built-in metrics.
    validation = Rule::new(format!("{PRESET_BY_NAME} || (has(self.training.metricDefinitions) && self.training.metricDefinitions.exists(m, m.name == self.tuning.objective.metric)) || !has(self.candidates) || self.candidates.all(c, !has(c.algorithm) || has(c.algorithm.algorithmName) || {OWN_METRICS} || (has(c.metricDefinitions) ? c.metricDefinitions.exists(m, m.name == self.tuning.objective.metric) : !has(self.training.metricDefinitions)))"))
        .message("`tuning.objective.metric` must be one of `training.metricDefinitions`, or of the `metricDefinitions` of each candidate with its own `algorithm`; add a definition with that name or correct the name")
        .field_path(".tuning.objective"),
    validation = Rule::new("!has(self.derivedMetrics) || !self.derivedMetrics.exists(d, d.name == self.tuning.objective.metric)")
        .message("`tuning.objective.metric` must be a metric of the logs: SageMaker optimizes it and does not know `derivedMetrics`")
        .field_path(".tuning.objective"),
    validation = Rule::new("!has(self.derivedMetrics) || !has(self.training.metricDefinitions) || !self.derivedMetrics.exists(d, self.training.metricDefinitions.exists(m, m.name == d.name))")
        .message("`derivedMetrics` must have other names than `training.metricDefinitions`")
        .field_path(".derivedMetrics"),
    validation = Rule::new("!has(self.recommend) || !has(self.recommend.objective) || self.objectives.exists(o, o.metric == self.recommend.objective)")
        .message("`recommend.objective` must be the metric of one of `objectives`")
        .field_path(".recommend"),
    validation = Rule::new("!has(self.recommend) || !has(self.recommend.atLeast) || self.recommend.atLeast.all(a, self.objectives.exists(o, o.metric == a.metric))")
        .message("`recommend.atLeast` must each name the metric of one of `objectives`")
        .field_path(".recommend"),
    validation = Rule::new(format!("!has(self.candidates) || self.candidates.filter(c, has(c.observed)).size() <= {}", super::bounds::OBSERVED))
        .message("`candidates` must have at most 8 entries with `observed`")
        .field_path(".candidates"),
    // The metrics of a JumpStart model or of a candidate are not known here; the operator checks them before it creates
    // a job.
    validation = Rule::new(format!("{OTHER_METRICS} || self.objectives.all(o, {DEFINED})"))
        .message("`objectives` must each name one of `training.metricDefinitions` or `derivedMetrics` when no candidate brings others; add a definition with that name or correct the name")
        .field_path(".objectives"),
    validation = Rule::new(format!("{OTHER_METRICS} || !has(self.constraints) || self.constraints.all(o, {DEFINED})"))
        .message("`constraints` must each name one of `training.metricDefinitions` or `derivedMetrics` when no candidate brings others; add a definition with that name or correct the name")
        .field_path(".constraints"),
    validation = Rule::new(format!("!({JUMP_START}) || self.datasets.all(d, d.channels.all(h, h.name != 'model' && h.name != 'code'))"))
        .message("`channels` must have names other than 'model' and 'code' when a candidate has `jumpStart`: the operator adds these two itself")
        .field_path(".datasets"),
    validation = Rule::new(format!("!({JUMP_START}) || self.datasets.all(d, size(d.channels) <= 18)"))
        .message("`channels` must be at most 18 when a candidate has `jumpStart`: SageMaker takes 20, and the operator adds 'model' and 'code'")
        .field_path(".datasets"),
    validation = Rule::new("has(self.training.vpc) || self.datasets.all(d, d.channels.all(h, !has(h.fileSystem)))")
        .message("`training.vpc` must be set when a channel is a `fileSystem`: it is reached through your VPC")
        .field_path(".training"),
    // SageMaker adds one hyperparameter of its own, and counts fixed and searched ones together.
    validation = Rule::new("(has(self.training.hyperparameters) ? size(self.training.hyperparameters) : 0) + (has(self.tuning.parameterRanges) ? self.tuning.parameterRanges.filter(r, !has(self.training.hyperparameters) || !(r.name in self.training.hyperparameters)).size() : 0) <= 99")
        .message("`training.hyperparameters` and `tuning.parameterRanges` must be at most 99 names together: SageMaker takes 100 and adds one itself")
        .field_path(".training"),
    // SageMaker infers it from a fixed hyperparameter of one of these names; a JumpStart model has a default for it.
    validation = Rule::new("!has(self.tuning.strategy) || self.tuning.strategy != 'Hyperband' || (has(self.tuning.hyperband) && has(self.tuning.hyperband.maxResource)) || [['epochs', 'numepochs', 'n-epochs', 'n_epochs', 'num_epochs'].filter(k, !has(self.tuning.parameterRanges) || !self.tuning.parameterRanges.exists(r, r.name == k))].all(names, (has(self.training.hyperparameters) && names.exists(k, k in self.training.hyperparameters)) || !has(self.candidates) || self.candidates.all(c, !has(c.algorithm) || has(c.tuning) || (has(c.hyperparameters) && names.exists(k, k in c.hyperparameters))) || self.datasets.all(d, has(d.hyperparameters) && names.exists(k, k in d.hyperparameters)))")
        .message("`hyperband.maxResource` must be set when `strategy` is 'Hyperband', unless 'epochs' is among the fixed `hyperparameters` of every run")
        .field_path(".tuning"),
)]
pub struct ModelSelectionSpec {
    /// region is the AWS region of the jobs, such as 'us-west-2'. Default: the operator's region. Changing it reruns
    /// everything in the other region.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32), regex(pattern = REGION))]
    pub region: Option<String>,

    /// executionRoleARN is the IAM role of the training jobs; it must trust sagemaker.amazonaws.com, and the operator
    /// needs iam:PassRole for it. Required. Changing it creates no new job for runs that have one.
    #[serde(rename = "executionRoleARN")]
    #[schemars(
        length(min = 20, max = 2048),
        regex(pattern = ROLE_ARN)
    )]
    pub execution_role_arn: String,

    /// objectives are the metrics of the Pareto front, each maximized or minimized. Required. Changing them recomputes
    /// the fronts from existing metrics and creates no job.
    #[schemars(length(min = 1, max = 8))]
    #[x_kube(
        merge_strategy = ListMerge::Map(vec!["metric".into()]),
    )]
    pub objectives: Vec<Objective>,

    /// recommend is the rule for the recommended member of a front. Default: the knee, which weighs all objectives
    /// equally. Changing it creates no job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommend: Option<Recommend>,

    /// constraints that a run must satisfy to enter the Pareto front; other runs are listed as excluded with the reason
    /// Infeasible. Default: none. Changing them recomputes the fronts and creates no job.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["metric".into()]))]
    pub constraints: Vec<Constraint>,

    /// derivedMetrics are computed from the metrics of each training job by expressions, in this order, and can be
    /// objectives and constraints. Default: none. Changing them recomputes the fronts and creates no job.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub derived_metrics: Vec<DerivedMetric>,

    /// prices per instance hour, by instance type, decimals in quotes, for expressions of derivedMetrics:
    /// 'billableSeconds / 3600 * instanceCount * prices[instanceType]'. Default: none. Changing them recomputes the
    /// fronts and creates no job.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::prices_schema")]
    pub prices: BTreeMap<String, String>,

    /// collect selects the training jobs of a run that may enter the front: Best (the best by tuning.objective) or All
    /// (each one that completed, or that was stopped after it had reported a metric). With All, the ConfigMap that
    /// status.runs names contains these training jobs.
    /// Default: Best. Changing it creates no job.
    #[serde(default, skip_serializing_if = "is_best")]
    pub collect: Collect,

    /// tags of the tuning jobs and their training jobs, such as {team: vision}, in addition to the operator's tags.
    /// Default: none. Changing them creates no new job for runs that have one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::tags_schema")]
    pub tags: BTreeMap<String, String>,

    /// datasets on which every candidate is tuned. Required. Changing one creates new jobs for its runs only.
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub datasets: Vec<Dataset>,

    /// candidates are the models to compare; candidates times datasets is at most 512. Default: none; required without
    /// candidateSelectors. Changing one creates new jobs for its runs only; reordering creates none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 512))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub candidates: Vec<Candidate>,

    /// candidateSelectors add candidates by framework and task, such as all image classifiers of a framework.
    /// status.expansions records the models that each selector finds. Default: none; required without candidates.
    /// Changing one evaluates it again; models that it still finds keep their jobs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub candidate_selectors: Vec<CandidateSelector>,

    /// tuning is the search over the hyperparameters of each run. Required. Changing it creates new jobs for all runs.
    pub tuning: Tuning,

    /// training has the instances, limits and settings of each training job. Required. Changing what affects the result
    /// creates new jobs for all runs.
    pub training: Training,

    /// maxConcurrentTuningJobs is the concurrency limit of tuning jobs of this selection; other runs wait. The operator
    /// also has an account-wide limit over all selections. Default: 8. Changing it stops no running job.
    #[serde(default = "default_concurrency")]
    #[schemars(range(min = 1, max = 512))]
    pub max_concurrent_tuning_jobs: i32,

    /// retries is the number of further tuning jobs of a run after its tuning job failed. Default: 0. Changing it to a
    /// larger value retries failed runs.
    #[serde(default)]
    #[schemars(range(min = 0, max = 10))]
    pub retries: i32,

    /// suspend starts no new jobs while it is true; suspendPolicy controls running jobs. Default: false. Changing it to
    /// false resumes.
    #[serde(default)]
    pub suspend: bool,

    /// suspendPolicy controls running tuning jobs during suspend: Drain lets them finish, Stop stops them (they run
    /// again as a new attempt after suspend). Default: Drain. It may be changed at any time.
    #[serde(default)]
    pub suspend_policy: SuspendPolicy,

    /// deletionPolicy controls running tuning jobs when this object is deleted: Stop stops them, Retain keeps them
    /// running, and the operator re-attaches to them when the same manifest is applied again. Finished jobs always
    /// stay. Default: Stop. It may be changed at any time before the deletion.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,

    /// readyPolicy selects when the condition Ready becomes True: Launched (when the jobs run) or Completed (when all
    /// runs have ended). Default: Launched. It may be changed at any time.
    #[serde(default)]
    pub ready_policy: ReadyPolicy,

    /// resultConfigMap is the name of a ConfigMap, in the namespace of the selection, that the operator keeps the
    /// winner in once every run has ended: candidate, image, artifact, metrics and hyperparameters as plain keys. It
    /// belongs to the selection and is deleted with it; a ConfigMap of that name that belongs to somebody else is never
    /// changed. Default: none. Changing it creates no job; the former ConfigMap stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = OBJECT_NAME))]
    pub result_config_map: Option<String>,

    /// rerun is any text: changing it reruns everything as new tuning jobs. Default: empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 64))]
    pub rerun: String,
}

/// The effect of suspend on running tuning jobs.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SuspendPolicy {
    #[default]
    Drain,
    Stop,
}

/// The effect of a deletion on running tuning jobs.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DeletionPolicy {
    #[default]
    Stop,
    Retain,
}

/// When the condition Ready becomes True.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ReadyPolicy {
    #[default]
    Launched,
    Completed,
}

/// The training jobs of a run that may enter the front.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Collect {
    #[default]
    Best,
    All,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_best(collect: &Collect) -> bool {
    *collect == Collect::Best
}

// Parts of rules, in CEL.
const PRESET_BY_NAME: &str = "(has(self.training.metricPreset) && !(self.training.metricPreset in ['Auto', 'None']))";
const JUMP_START: &str =
    "has(self.candidateSelectors) || (has(self.candidates) && self.candidates.exists(c, has(c.jumpStart)))";
const OTHER_METRICS: &str = "!has(self.training.metricDefinitions) || has(self.training.metricPreset) || has(self.candidateSelectors) || !has(self.candidates) || self.candidates.exists(c, !has(c.algorithm) || has(c.algorithm.algorithmName) || has(c.metricDefinitions) || (has(c.algorithm.trainingImage) && c.algorithm.trainingImage.matches('[.]dkr[.]ecr[.][^/]+/(blazingtext|factorization-machines|forecasting-deepar|image-classification|ipinsights|kmeans|knn|lda|linear-learner|ntm|object-detection|object2vec|pca|randomcutforest|sagemaker-xgboost|semantic-segmentation|seq2seq|xgboost)([:@]|$)')) || has(c.training))";
// A candidate whose objective may differ from the selection's, or whose image may be one of SageMaker's own.
const OWN_METRICS: &str = "has(c.tuning) || has(c.training) || (has(c.algorithm.trainingImage) && c.algorithm.trainingImage.matches('[.]dkr[.]ecr[.][^/]+/(blazingtext|factorization-machines|forecasting-deepar|image-classification|ipinsights|kmeans|knn|lda|linear-learner|ntm|object-detection|object2vec|pca|randomcutforest|sagemaker-xgboost|semantic-segmentation|seq2seq|xgboost)([:@]|$)'))";
const DEFINED: &str = "self.training.metricDefinitions.exists(m, m.name == o.metric) || (has(self.derivedMetrics) && self.derivedMetrics.exists(d, d.name == o.metric))";

fn default_concurrency() -> i32 {
    8
}
