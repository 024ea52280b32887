use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{
    CHANNEL_NAME, DECIMAL, IMAGE, INSTANCE_TYPE, INTEGER, METRIC_REGEX, MODEL_ID, NAME, REGION, ROLE_ARN, S3_URI,
    VERSION,
};
use super::status::ModelSelectionStatus;

/// A map of hyperparameters: name to value, both as text, as the training container receives them.
pub type Hyperparameters = BTreeMap<String, String>;

/// spec says what to compare, on which data, by which measures. One SageMaker tuning job is made for each candidate on
/// each dataset: a run. Changing a field makes new jobs only for the runs whose definition it changes.
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
    printcolumn(name = "READY", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status", description = "whether the selection is as its readyPolicy asks"),
    printcolumn(name = "STATUS", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", description = "the reason of Ready"),
    printcolumn(name = "PROGRESS", type_ = "string", json_path = ".status.progress", description = "runs ended, of all runs"),
    printcolumn(name = "BEST", type_ = "string", json_path = ".status.best", description = "the recommended candidate"),
    printcolumn(name = "AGE", type_ = "date", json_path = ".metadata.creationTimestamp", description = "since when the object exists"),
    printcolumn(name = "RUNNING", type_ = "integer", json_path = ".status.counts.running", priority = 1, description = "runs whose tuning job runs"),
    printcolumn(name = "FAILED", type_ = "integer", json_path = ".status.counts.failed", priority = 1, description = "runs that failed"),
    printcolumn(name = "FRONT", type_ = "string", json_path = ".status.front", priority = 1, description = "size of the Pareto set of each dataset"),
    printcolumn(name = "MESSAGE", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].message", priority = 1, description = "the message of Ready"),
    validation = Rule::new("size(self.metadata.name) <= 63")
        .message("`metadata.name` must be at most 63 characters long: it is part of tags and job names"),
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("size(self.candidates) * size(self.datasets) <= 512")
        .message("`candidates` times `datasets` must be at most 512 runs; split the selection")
        .field_path(".candidates"),
    validation = Rule::new("!has(self.region) || (self.region.startsWith('cn-') == self.executionRoleARN.startsWith('arn:aws-cn:') && self.region.startsWith('us-gov-') == self.executionRoleARN.startsWith('arn:aws-us-gov:'))")
        .message("`executionRoleARN` must be of the partition of `region`: 'arn:aws-cn:' for 'cn-', 'arn:aws-us-gov:' for 'us-gov-', neither for other regions")
        .field_path(".executionRoleARN"),
    // Without them SageMaker has nothing to read the metrics by. A JumpStart model brings its own.
    validation = Rule::new("has(self.training.metricDefinitions) || self.candidates.all(c, has(c.jumpStart) || has(c.metricDefinitions))")
        .message("`training.metricDefinitions` must be set when a candidate has its own `algorithm`: SageMaker reads the metrics from its logs by them")
        .field_path(".training"),
    validation = Rule::new("has(self.training.metricDefinitions) && self.training.metricDefinitions.exists(m, m.name == self.tuning.objective.metric) || self.candidates.all(c, has(c.jumpStart) || (has(c.metricDefinitions) ? c.metricDefinitions.exists(m, m.name == self.tuning.objective.metric) : !has(self.training.metricDefinitions)))")
        .message("`tuning.objective.metric` must be one of `training.metricDefinitions`, or of the `metricDefinitions` of each candidate with its own `algorithm`; add a definition with that name or correct the name")
        .field_path(".tuning.objective"),
    // Those of a JumpStart model or of a candidate cannot be told here; the operator checks them before it makes a job.
    validation = Rule::new("!has(self.training.metricDefinitions) || self.candidates.exists(c, has(c.jumpStart) || has(c.metricDefinitions)) || self.objectives.all(o, self.training.metricDefinitions.exists(m, m.name == o.metric))")
        .message("`objectives` must each name one of `training.metricDefinitions` when no candidate brings others; add a definition with that name or correct the name")
        .field_path(".objectives"),
    validation = Rule::new("!has(self.training.metricDefinitions) || !has(self.constraints) || self.candidates.exists(c, has(c.jumpStart) || has(c.metricDefinitions)) || self.constraints.all(o, self.training.metricDefinitions.exists(m, m.name == o.metric))")
        .message("`constraints` must each name one of `training.metricDefinitions` when no candidate brings others; add a definition with that name or correct the name")
        .field_path(".constraints"),
    validation = Rule::new("!self.candidates.exists(c, has(c.jumpStart)) || self.datasets.all(d, d.channels.all(h, h.name != 'model' && h.name != 'code'))")
        .message("`channels` must have names other than 'model' and 'code' when a candidate has `jumpStart`: the operator adds these two itself")
        .field_path(".datasets"),
    validation = Rule::new("!self.candidates.exists(c, has(c.jumpStart)) || self.datasets.all(d, size(d.channels) <= 18)")
        .message("`channels` must be at most 18 when a candidate has `jumpStart`: SageMaker takes 20, and the operator adds 'model' and 'code'")
        .field_path(".datasets"),
    // SageMaker adds one hyperparameter of its own, and counts fixed and searched ones together.
    validation = Rule::new("(has(self.training.hyperparameters) ? size(self.training.hyperparameters) : 0) + (has(self.tuning.parameterRanges) ? self.tuning.parameterRanges.filter(r, !has(self.training.hyperparameters) || !(r.name in self.training.hyperparameters)).size() : 0) <= 99")
        .message("`training.hyperparameters` and `tuning.parameterRanges` must be at most 99 names together: SageMaker takes 100 and adds one itself")
        .field_path(".training"),
    // SageMaker infers it from a fixed hyperparameter of one of these names; a JumpStart model has a default for it.
    validation = Rule::new("!has(self.tuning.strategy) || self.tuning.strategy != 'Hyperband' || (has(self.tuning.hyperband) && has(self.tuning.hyperband.maxResource)) || [['epochs', 'numepochs', 'n-epochs', 'n_epochs', 'num_epochs'].filter(k, !has(self.tuning.parameterRanges) || !self.tuning.parameterRanges.exists(r, r.name == k))].all(names, (has(self.training.hyperparameters) && names.exists(k, k in self.training.hyperparameters)) || self.candidates.all(c, has(c.jumpStart) || (has(c.hyperparameters) && names.exists(k, k in c.hyperparameters))) || self.datasets.all(d, has(d.hyperparameters) && names.exists(k, k in d.hyperparameters)))")
        .message("`hyperband.maxResource` must be set when `strategy` is 'Hyperband', unless 'epochs' is among the fixed `hyperparameters` of every run")
        .field_path(".tuning"),
)]
pub struct ModelSelectionSpec {
    /// region is the AWS region in which the jobs run, such as 'us-west-2'. Default: the operator's own. Changing it
    /// runs everything anew in the other region.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32), regex(pattern = REGION))]
    pub region: Option<String>,

    /// executionRoleARN is the IAM role that the training jobs run as; it must trust sagemaker.amazonaws.com, and the
    /// operator needs iam:PassRole for it. Required. Changing it makes no new job for runs that have one.
    #[serde(rename = "executionRoleARN")]
    #[schemars(
        length(min = 20, max = 2048),
        regex(pattern = ROLE_ARN)
    )]
    pub execution_role_arn: String,

    /// objectives are the metrics that span the Pareto set, each with its direction. Required. Changing them recomputes
    /// the fronts from the metrics at hand and makes no job.
    #[schemars(length(min = 1, max = 8))]
    #[x_kube(
        merge_strategy = ListMerge::Map(vec!["metric".into()]),
    )]
    pub objectives: Vec<Objective>,

    /// constraints that a run must meet to enter the Pareto set; runs outside are listed as excluded with the reason
    /// Infeasible. Default: none. Changing them recomputes the fronts and makes no job.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["metric".into()]))]
    pub constraints: Vec<Constraint>,

    /// datasets on which every candidate is tuned. Required. Changing one makes new jobs for its runs only.
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub datasets: Vec<Dataset>,

    /// candidates are the models to compare; candidates times datasets is at most 512. Required. Changing one makes new
    /// jobs for its runs only; reordering makes none.
    #[schemars(length(min = 1, max = 512))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub candidates: Vec<Candidate>,

    /// tuning says how the hyperparameters of each run are searched. Required. Changing it makes new jobs for all runs.
    pub tuning: Tuning,

    /// training says on what and for how long each training job runs. Required. Changing it makes new jobs for all runs,
    /// outputS3URI aside.
    pub training: Training,

    /// maxConcurrentTuningJobs is how many tuning jobs of this selection may run at a time; further runs wait. The
    /// operator also keeps an account-wide limit over all selections. Default: 8. Changing it stops no job that runs.
    #[serde(default = "default_concurrency")]
    #[schemars(range(min = 1, max = 512))]
    pub max_concurrent_tuning_jobs: i32,

    /// retries is how many further tuning jobs a run may have after its tuning job failed. Default: 0. Changing it to
    /// more tries the runs that failed again.
    #[serde(default)]
    #[schemars(range(min = 0, max = 10))]
    pub retries: i32,

    /// suspend starts nothing new while true; see suspendPolicy for what runs already. Default: false. Changing it back
    /// resumes.
    #[serde(default)]
    pub suspend: bool,

    /// suspendPolicy says what suspend does to running tuning jobs: Drain lets them finish, Stop stops them (they run
    /// again, as a new attempt, after suspend is lifted). Default: Drain. It may be changed at any time.
    #[serde(default)]
    pub suspend_policy: SuspendPolicy,

    /// deletionPolicy says what deleting this object does to running tuning jobs: Stop stops them, Retain leaves them
    /// running, to be found again when the same manifest is applied again. Finished jobs always stay. Default: Stop. It
    /// may be changed at any time before the deletion.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,

    /// readyPolicy says when the condition Ready is True: Launched when the operator has converged and the jobs run,
    /// Completed when all runs have ended. Default: Launched. It may be changed at any time.
    #[serde(default)]
    pub ready_policy: ReadyPolicy,

    /// rerun is a free token: changing it runs everything again under new tuning jobs. Default: empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 64))]
    pub rerun: String,
}

/// A metric to make as large or as small as possible.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub struct Objective {
    /// metric is the name of a metric, as in training.metricDefinitions or among the model's own. Required.
    #[schemars(length(min = 1, max = 255))]
    pub metric: String,
    /// goal is the direction: Maximize or Minimize. Required.
    pub goal: Goal,
}

/// The direction of an objective.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Larger is better.
    Maximize,
    /// Smaller is better.
    Minimize,
}

/// Bounds, both inclusive, that the final metric of a run must keep.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(
    validation = Rule::new("has(self.min) || has(self.max)").message("a constraint must have `min`, `max` or both"),
    validation = Rule::new(format!("!has(self.min) || !has(self.max) || {} || double(self.min) <= double(self.max)", not_numbers(DECIMAL)))
        .message("`min` must be at most `max`")
        .field_path(".min")
)]
pub struct Constraint {
    /// metric is the name of the metric, as in training.metricDefinitions or among the model's own. Required.
    #[schemars(length(min = 1, max = 255))]
    pub metric: String,
    /// min is the least value allowed, a decimal number in quotes such as "0.6". Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = DECIMAL))]
    pub min: Option<String>,
    /// max is the greatest value allowed, a decimal number in quotes. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = DECIMAL))]
    pub max: Option<String>,
}

/// A named set of channels, with hyperparameters of its own.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Dataset {
    /// name of the dataset, unique in the selection. Required. Changing it makes another dataset.
    #[schemars(length(min = 1, max = 63), regex(pattern = NAME))]
    pub name: String,
    /// channels are the inputs of the training jobs, in the order in which they are passed on. Required. JumpStart
    /// models take 'training' and, if given, 'validation' and 'test'; their channels 'model' and 'code' are added by the
    /// operator.
    #[schemars(length(min = 1, max = 20))]
    #[x_kube(
        merge_strategy = ListMerge::Map(vec!["name".into()]),
    )]
    pub channels: Vec<Channel>,
    /// hyperparameters for this dataset, values in quotes; they win over those of training. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::hyperparameters_schema")]
    pub hyperparameters: Hyperparameters,
}

/// One input channel: a name and an S3 prefix.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// name of the channel, unique in the dataset; the data appears below /opt/ml/input/data/NAME. Required.
    #[schemars(length(min = 1, max = 64), regex(pattern = CHANNEL_NAME))]
    pub name: String,
    /// s3URI is the prefix of the objects, s3://BUCKET/PREFIX; every training instance gets all of them. Required.
    #[serde(rename = "s3URI")]
    #[schemars(length(min = 6, max = 1024), regex(pattern = S3_URI))]
    pub s3_uri: String,
    /// contentType is the MIME type of the data, for algorithms that ask for it. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub content_type: Option<String>,
}

/// One model to compare: exactly one of jumpStart and algorithm.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.jumpStart) != has(self.algorithm)")
        .message("a candidate must have exactly one of `jumpStart` and `algorithm`")
)]
pub struct Candidate {
    /// name of the candidate, unique in the selection. Required. Changing it makes another candidate.
    #[schemars(length(min = 1, max = 63), regex(pattern = NAME))]
    pub name: String,
    /// jumpStart names a model of SageMaker JumpStart. Default: none; required without algorithm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jump_start: Option<JumpStart>,
    /// algorithm is a training image of your own. Default: none; required without jumpStart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Algorithm>,
    /// hyperparameters for this candidate, values in quotes; they win over those of training and of the dataset.
    /// Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::hyperparameters_schema")]
    pub hyperparameters: Hyperparameters,
    /// metricDefinitions of this candidate, in addition to those of training; of the same name, these win. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 40))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub metric_definitions: Vec<MetricDefinition>,
}

/// A model of SageMaker's public hub.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub struct JumpStart {
    /// modelID is the id of the model, such as 'tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4'. Required.
    #[serde(rename = "modelID")]
    #[schemars(length(min = 1, max = 63), regex(pattern = MODEL_ID))]
    pub model_id: String,
    /// version is exact ('4.0.2'), a prefix ('4.*') or '*' for the newest. What it resolves to is pinned in the
    /// status, and stays so until modelID or version is edited. Default: '*'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32), regex(pattern = VERSION))]
    pub version: Option<String>,
}

/// A training image of one's own.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Algorithm {
    /// trainingImage is the registry path of the image, with tag or digest. Required. A changed tag makes new jobs; an
    /// image that was pushed anew under the same tag does not.
    #[schemars(length(min = 1, max = 255), regex(pattern = IMAGE))]
    pub training_image: String,
    /// inputMode is how the data reaches the container: File (copied first), FastFile (streamed as files) or Pipe.
    /// Default: File.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_mode: Option<InputMode>,
}

/// How training data reaches the container.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum InputMode {
    File,
    FastFile,
    Pipe,
}

/// How the hyperparameters of each run are searched.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.maxTrainingJobs) || (has(self.strategy) && self.strategy == 'Grid')")
        .message("`maxTrainingJobs` must be set unless `strategy` is 'Grid'")
        .field_path(".maxTrainingJobs"),
    validation = Rule::new("!has(self.maxTrainingJobs) || !has(self.maxParallelTrainingJobs) || self.maxParallelTrainingJobs <= self.maxTrainingJobs")
        .message("`maxParallelTrainingJobs` must be at most `maxTrainingJobs`")
        .field_path(".maxParallelTrainingJobs"),
    validation = Rule::new("!has(self.maxTrainingJobs) || self.maxTrainingJobs <= 750 || (has(self.strategy) && self.strategy == 'Random')")
        .message("`maxTrainingJobs` must be at most 750 unless `strategy` is 'Random'")
        .field_path(".maxTrainingJobs"),
    validation = Rule::new("!has(self.strategy) || self.strategy != 'Grid' || !has(self.parameterRanges) || self.parameterRanges.all(r, has(r.categorical))")
        .message("`parameterRanges` must all be `categorical` when `strategy` is 'Grid'")
        .field_path(".parameterRanges"),
    validation = Rule::new(grid("n[0] * n[1] * n[2] * n[3] * n[4] * n[5] * n[6] * n[7] * n[8] <= 750"))
        .message("`parameterRanges` must have at most 750 combinations when `strategy` is 'Grid': SageMaker trains each of them")
        .field_path(".parameterRanges"),
    validation = Rule::new(format!("!has(self.maxTrainingJobs) || {}", grid("n[0] * n[1] * n[2] * n[3] * n[4] * n[5] * n[6] * n[7] * n[8] == self.maxTrainingJobs")))
        .message("`maxTrainingJobs` must be left out, or be the number of combinations of `parameterRanges`, when `strategy` is 'Grid'")
        .field_path(".maxTrainingJobs"),
    validation = Rule::new("!has(self.hyperband) || (has(self.strategy) && self.strategy == 'Hyperband')")
        .message("`strategy` must be 'Hyperband' when `hyperband` is set")
        .field_path(".hyperband"),
    validation = Rule::new("!has(self.strategy) || self.strategy != 'Hyperband' || !has(self.earlyStopping) || self.earlyStopping == 'Off'")
        .message("`earlyStopping` must be 'Off' when `strategy` is 'Hyperband': Hyperband stops early by itself")
        .field_path(".earlyStopping"),
)]
pub struct Tuning {
    /// objective is the metric by which SageMaker steers the search and picks the best training job of a run. Required.
    pub objective: Objective,
    /// strategy of the search: Bayesian, Random, Hyperband or Grid. Default: Bayesian.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// maxTrainingJobs is how many training jobs a tuning job makes, each of which is paid for: at most 750, and 10000
    /// for Random. Required, but for Grid. Default for Grid: the number of combinations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10000))]
    pub max_training_jobs: Option<i32>,
    /// maxParallelTrainingJobs is how many of them run at a time; at most maxTrainingJobs. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub max_parallel_training_jobs: Option<i32>,
    /// maxRuntimeSeconds ends the tuning job after this time, in seconds. Default: no limit of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 120, max = 15_768_000))]
    pub max_runtime_seconds: Option<i32>,
    /// earlyStopping lets SageMaker stop training jobs that do no better than the median so far: Off or Auto.
    /// Default: Off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
    /// hyperband bounds the resource (epochs) that a training job may use; only with the strategy Hyperband. Default:
    /// SageMaker's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hyperband: Option<Hyperband>,
    /// randomSeed makes the search repeatable, wholly for Random and Hyperband. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub random_seed: Option<i32>,
    /// parameterRanges are the hyperparameters that are searched; a name here is left out of the fixed ones. Default:
    /// none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 30))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub parameter_ranges: Vec<ParameterRange>,
}

/// The search strategy.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Strategy {
    #[default]
    Bayesian,
    Random,
    Hyperband,
    Grid,
}

/// Whether SageMaker stops unpromising training jobs.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum EarlyStopping {
    #[default]
    Off,
    Auto,
}

/// The resource bounds of Hyperband, in the unit of the algorithm (epochs).
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!has(self.minResource) || !has(self.maxResource) || self.minResource < self.maxResource")
        .message("`minResource` must be less than `maxResource`")
        .field_path(".minResource")
)]
pub struct Hyperband {
    /// minResource that each training job uses, in epochs. Default: SageMaker's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 20000))]
    pub min_resource: Option<i32>,
    /// maxResource that a training job may use, in epochs. Default: the hyperparameter epochs, if it is fixed; without
    /// that it is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 20000))]
    pub max_resource: Option<i32>,
}

/// One searched hyperparameter: exactly one of continuous, integer and categorical.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(
    validation = Rule::new("[has(self.continuous), has(self.integer), has(self.categorical)].filter(x, x).size() == 1")
        .message("a parameter range must have exactly one of `continuous`, `integer` and `categorical`")
)]
pub struct ParameterRange {
    /// name of the hyperparameter. Required.
    #[schemars(length(min = 1, max = 256))]
    pub name: String,
    /// continuous searches real numbers from min to max. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuous: Option<ContinuousRange>,
    /// integer searches whole numbers from min to max. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integer: Option<IntegerRange>,
    /// categorical searches a list of values. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categorical: Option<CategoricalRange>,
}

/// Real numbers between two bounds, both inclusive.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(
    validation = Rule::new(format!("{} || double(self.min) < double(self.max)", not_numbers(DECIMAL)))
        .message("`min` must be less than `max`")
        .field_path(".min"),
    validation = Rule::new(format!("!has(self.scaling) || self.scaling != 'Logarithmic' || {} || double(self.min) > 0.0", not_numbers(DECIMAL)))
        .message("`min` must be greater than 0 when `scaling` is 'Logarithmic'")
        .field_path(".min"),
    validation = Rule::new(format!("!has(self.scaling) || self.scaling != 'ReverseLogarithmic' || {} || (double(self.min) >= 0.0 && double(self.max) < 1.0)", not_numbers(DECIMAL)))
        .message("`min` must be at least 0 and `max` less than 1 when `scaling` is 'ReverseLogarithmic'")
        .field_path(".min")
)]
pub struct ContinuousRange {
    /// min is the least value, a decimal number in quotes such as "0.0001". Required.
    #[schemars(length(min = 1, max = 64), regex(pattern = DECIMAL))]
    pub min: String,
    /// max is the greatest value, a decimal number in quotes. Required.
    #[schemars(length(min = 1, max = 64), regex(pattern = DECIMAL))]
    pub max: String,
    /// scaling of the search: Auto, Linear, Logarithmic (min above 0) or ReverseLogarithmic (0 to below 1).
    /// Default: Auto.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<ContinuousScaling>,
}

/// Whole numbers between two bounds, both inclusive.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(
    validation = Rule::new(format!("{} || int(self.min) < int(self.max)", not_numbers(INTEGER)))
        .message("`min` must be less than `max`")
        .field_path(".min"),
    validation = Rule::new(format!("!has(self.scaling) || self.scaling != 'Logarithmic' || {} || int(self.min) > 0", not_numbers(INTEGER)))
        .message("`min` must be greater than 0 when `scaling` is 'Logarithmic'")
        .field_path(".min")
)]
pub struct IntegerRange {
    /// min is the least value, a whole number in quotes such as "8". Required.
    #[schemars(length(min = 1, max = 18), regex(pattern = INTEGER))]
    pub min: String,
    /// max is the greatest value, a whole number in quotes. Required.
    #[schemars(length(min = 1, max = 18), regex(pattern = INTEGER))]
    pub max: String,
    /// scaling of the search: Auto, Linear or Logarithmic (min above 0). Default: Auto.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<IntegerScaling>,
}

/// A list of values: exactly one of values and multiplesOfDefault.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.values) != has(self.multiplesOfDefault)")
        .message("a categorical range must have exactly one of `values` and `multiplesOfDefault`")
)]
pub struct CategoricalRange {
    /// values to try, each in quotes. Default: none; required without multiplesOfDefault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 30), inner(length(min = 1, max = 256)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub values: Vec<String>,
    /// multiplesOfDefault are factors, decimal numbers in quotes: the values to try are the hyperparameter's own default
    /// (after the overrides of training, dataset and candidate) times each factor, so that ["1", "0.2"] means the
    /// default and a fifth of it. Default: none; required without values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(min = 1, max = 30),
        inner(length(min = 1, max = 64), regex(pattern = DECIMAL))
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub multiples_of_default: Vec<String>,
}

/// Scaling of a continuous range.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ContinuousScaling {
    Auto,
    Linear,
    Logarithmic,
    ReverseLogarithmic,
}

/// Scaling of an integer range.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum IntegerScaling {
    Auto,
    Linear,
    Logarithmic,
}

/// On what and for how long each training job runs.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Training {
    /// instanceType of the training instances, such as 'ml.p3.2xlarge'. Required.
    #[schemars(length(min = 4, max = 63), regex(pattern = INSTANCE_TYPE))]
    pub instance_type: String,
    /// instanceCount of each training job. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub instance_count: Option<i32>,
    /// volumeSizeGB is the size of the storage volume of each instance, in GB. Default: the model's own, else 30.
    #[serde(rename = "volumeSizeGB", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 16384))]
    pub volume_size_gb: Option<i32>,
    /// maxRuntimeSeconds stops a training job after this time, in seconds; at most 28 days. Default: the model's own,
    /// else 86400 (a day).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_419_200))]
    pub max_runtime_seconds: Option<i32>,
    /// hyperparameters of all runs, values in quotes; they win over the model's defaults. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::hyperparameters_schema")]
    pub hyperparameters: Hyperparameters,
    /// metricDefinitions say how SageMaker reads metrics from the logs of a training job. A JumpStart model brings its
    /// own, which these extend; of the same name, these win. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 40))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub metric_definitions: Vec<MetricDefinition>,
    /// outputS3URI is the prefix for model artifacts, s3://BUCKET/PREFIX. Required. Changing it makes no new job for
    /// runs that have one.
    #[serde(rename = "outputS3URI")]
    #[schemars(length(min = 6, max = 1024), regex(pattern = S3_URI))]
    pub output_s3_uri: String,
}

/// How one metric is read from the logs.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct MetricDefinition {
    /// name of the metric, unique in its list. Required.
    #[schemars(length(min = 1, max = 255))]
    pub name: String,
    /// regex that finds the metric in a line of the log; its first group is the value. Required. A value such as 5.3e-05
    /// needs a group that takes exponents, such as '([0-9.]+(?:[eE][-+]?[0-9]+)?)'.
    #[schemars(length(min = 1, max = 500), regex(pattern = METRIC_REGEX))]
    pub regex: String,
}

/// What suspend does to running tuning jobs.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SuspendPolicy {
    #[default]
    Drain,
    Stop,
}

/// What deletion does to running tuning jobs.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DeletionPolicy {
    #[default]
    Stop,
    Retain,
}

/// When the condition Ready is True.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ReadyPolicy {
    #[default]
    Launched,
    Completed,
}

fn default_concurrency() -> i32 {
    8
}

/// A CEL expression that is true when `min` or `max` is no number: its pattern says so already, and a rule that went on
/// to convert it would add an error of its own.
fn not_numbers(pattern: &str) -> String {
    format!("[self.min, self.max].exists(x, !x.matches(r'{pattern}'))")
}

/// A CEL expression that holds unless the strategy is Grid and `condition` fails, `n` being the numbers of values of the
/// ranges, filled up with ones. CEL has no product of a list. More than nine ranges with two values or more are more
/// combinations than are allowed.
fn grid(condition: &str) -> String {
    format!(
        "!has(self.strategy) || self.strategy != 'Grid' || !has(self.parameterRanges) \
         || !self.parameterRanges.all(r, has(r.categorical)) \
         || [self.parameterRanges.map(r, has(r.categorical.values) ? size(r.categorical.values) \
         : has(r.categorical.multiplesOfDefault) ? size(r.categorical.multiplesOfDefault) : 1).filter(n, n > 1) \
         + [1, 1, 1, 1, 1, 1, 1, 1, 1]].all(n, size(n) <= 18 && {condition})"
    )
}
