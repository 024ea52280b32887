//! The models to compare.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::crd::{ALGORITHM, GLOB, IMAGE, MODEL_ID, NAME, VERSION, WORD};
use super::{
    Hyperparameters, InputMode, MetricDefinition, Observed, ParameterRange, Patch, Training, Tuning, WarmStart, bounds,
};

/// One model to compare: exactly one of jumpStart, algorithm, tuningJobName and observed.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("[has(self.jumpStart), has(self.algorithm), has(self.tuningJobName), has(self.observed)].filter(x, x).size() == 1")
        .message("a candidate must have exactly one of `jumpStart`, `algorithm`, `tuningJobName` and `observed`"),
    validation = Rule::new("!has(self.observed) || !(has(self.hyperparameters) || has(self.parameterRanges) || has(self.metricDefinitions) || has(self.warmStart) || has(self.training) || has(self.tuning))")
        .message("`hyperparameters`, `parameterRanges`, `metricDefinitions`, `warmStart`, `training` and `tuning` must be left out when `observed` is set: nothing is run for it")
        .field_path(".observed"),
    validation = Rule::new("!has(self.tuningJobName) || !(has(self.hyperparameters) || has(self.parameterRanges) || has(self.metricDefinitions) || has(self.warmStart) || has(self.training) || has(self.tuning))")
        .message("`hyperparameters`, `parameterRanges`, `metricDefinitions`, `warmStart`, `training` and `tuning` must be left out when `tuningJobName` is set: that job is only read")
        .field_path(".tuningJobName"),
    validation = Rule::new("!has(self.dataset) || has(self.tuningJobName)")
        .message("`dataset` must be left out unless `tuningJobName` is set: other candidates are tuned on every dataset")
        .field_path(".dataset"),
)]
pub struct Candidate {
    /// name of the candidate, unique in the selection. Required. Changing it replaces the candidate by another one.
    #[schemars(length(min = 1, max = 63), regex(pattern = NAME))]
    pub name: String,
    /// jumpStart is a model of SageMaker JumpStart. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jump_start: Option<JumpStart>,
    /// algorithm is your own training image or algorithm resource. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Algorithm>,
    /// tuningJobName is an existing tuning job whose result enters the front. The operator only reads it: it never
    /// stops or deletes the job, and the job does not count against maxConcurrentTuningJobs. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32), regex(pattern = MODEL_ID))]
    pub tuning_job_name: Option<String>,
    /// observed are results that were measured elsewhere, such as those of the model in production: the candidate is
    /// compared with the runs without a tuning job. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Observed>,
    /// dataset of the job in tuningJobName. Default: the dataset of the selection, if it has only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub dataset: Option<String>,
    /// warmStart of this candidate; it overrides that of tuning. Default: that of tuning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_start: Option<WarmStart>,
    /// The settings in which the candidate differs from the selection.
    #[serde(flatten)]
    pub overrides: Overrides,
}

/// The settings in which a candidate differs from the selection.
// `flatten` puts these fields next to the own fields of `candidates` and `candidateSelectors`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Overrides {
    /// hyperparameters of the candidate; they override those of training and of the dataset. Whole numbers need no
    /// quotes. Default: none.
    #[serde(default, deserialize_with = "super::int_or_string::map", skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "super::crd::hyperparameters_schema")]
    pub hyperparameters: Hyperparameters,
    /// parameterRanges are searched for the candidate instead of those of tuning, at most 30, since models may have
    /// different names for their hyperparameters. Default: those of tuning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 30))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub parameter_ranges: Vec<ParameterRange>,
    /// metricDefinitions of the candidate, in addition to those of training; they override those with the same name.
    /// Default: none. Changing them creates new jobs for the affected runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = bounds::METRIC_DEFINITIONS))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub metric_definitions: Vec<MetricDefinition>,
    /// training of the candidate: a field that is set here replaces that of the selection's training; maps and objects
    /// merge key by key, lists are replaced. Default: none. Changing what affects the result creates new jobs for its
    /// runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::overrides::training_schema")]
    pub training: Option<Patch<Training>>,
    /// tuning of the candidate, by the same rule as training. Default: none. Changing it creates new jobs for its runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::overrides::tuning_schema")]
    pub tuning: Option<Patch<Tuning>>,
}

/// A model of SageMaker's public hub.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
pub struct JumpStart {
    /// modelID is the id of the model, such as 'tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4'.
    /// Required.
    #[serde(rename = "modelID")]
    #[schemars(length(min = 1, max = bounds::MODEL_ID), regex(pattern = MODEL_ID))]
    pub model_id: String,
    /// version is exact ('4.0.2'), a prefix ('4.*') or '*' for the newest. The status records the resolved version
    /// until modelID or version is edited. Default: '*'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = bounds::MODEL_VERSION), regex(pattern = VERSION))]
    pub version: Option<String>,
    /// acceptEULA accepts the license of the model, which you have read; gated models need it. Default: false. Changing
    /// it creates no new job for runs that have one.
    #[serde(default, rename = "acceptEULA", skip_serializing_if = "std::ops::Not::not")]
    pub accept_eula: bool,
    /// allowDeprecated allows a version that JumpStart has deprecated. Default: false. Changing it creates no new job
    /// for runs that have one.
    #[serde(default, rename = "allowDeprecated", skip_serializing_if = "std::ops::Not::not")]
    pub allow_deprecated: bool,
    /// allowVulnerable allows a version whose training script has known vulnerabilities. Default: false. Changing it
    /// creates no new job for runs that have one.
    #[serde(default, rename = "allowVulnerable", skip_serializing_if = "std::ops::Not::not")]
    pub allow_vulnerable: bool,
}

/// Your own algorithm: exactly one of trainingImage and algorithmName.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.trainingImage) != has(self.algorithmName)")
        .message("`algorithm` must have exactly one of `trainingImage` and `algorithmName`")
)]
pub struct Algorithm {
    /// trainingImage is the registry path of the image, with tag or digest. Another tag creates new jobs; another image
    /// with the same tag does not. Default: none; required without algorithmName.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255), regex(pattern = IMAGE))]
    pub training_image: Option<String>,
    /// algorithmName is the name or ARN of a SageMaker algorithm resource, your own or from AWS Marketplace. It has its
    /// own metric definitions, and takes no others. One from AWS Marketplace needs training.networkIsolation: true.
    /// Default: none; required without trainingImage.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 170), regex(pattern = ALGORITHM))]
    pub algorithm_name: Option<String>,
    /// inputMode is how the data reaches the container: File (copied first), FastFile (streamed as files) or Pipe.
    /// Default: File.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_mode: Option<InputMode>,
}

/// Models to compare, by framework and task instead of by id. Each becomes a candidate whose name is the model id.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct CandidateSelector {
    /// jumpStart selects models of SageMaker JumpStart. Required.
    pub jump_start: JumpStartSelector,
    /// The settings in which these candidates differ from the selection.
    #[serde(flatten)]
    pub overrides: Overrides,
}

/// A filter over the trainable JumpStart models; a model must match every clause. The status records the result: a new
/// model in the hub creates no run until the selector or rerun is edited. Models that an entry of candidates or an
/// earlier selector lists are skipped.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct JumpStartSelector {
    /// task is the second part of the model id, such as 'ic' for image classification. Default: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63), regex(pattern = WORD))]
    pub task: Option<String>,
    /// framework is the first part of the model id, such as 'tensorflow' or 'pytorch'. Default: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63), regex(pattern = WORD))]
    pub framework: Option<String>,
    /// include are patterns of model ids, of which one must match; '*' stands for any characters, '?' for one.
    /// Default: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 64), inner(length(min = 1, max = 128), regex(pattern = GLOB)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub include: Vec<String>,
    /// exclude are patterns of model ids, of which none may match. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 64), inner(length(min = 1, max = 128), regex(pattern = GLOB)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub exclude: Vec<String>,
    /// limit is the maximum number of models, in the order of their ids. Default: all; without it, a selector that
    /// gives more than 512 runs is rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 512))]
    pub limit: Option<i32>,
    /// includeDeprecated includes models that JumpStart has deprecated. Default: false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_deprecated: bool,
    /// includeVulnerable includes models whose training script has known vulnerabilities. Default: false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_vulnerable: bool,
    /// acceptEULA accepts the licenses of the models found, which you have read; without it gated models are skipped.
    /// Default: false.
    #[serde(default, rename = "acceptEULA", skip_serializing_if = "std::ops::Not::not")]
    pub accept_eula: bool,
}
