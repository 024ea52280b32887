//! A run's definition, which is everything that affects its training result, and its fingerprint.
//!
//! The definition consists of what the manifest declares, after defaults and overrides, plus the resolved version of
//! the model. It leaves out what does not affect the result: the role, the output location, tags. It also leaves out
//! the hub document, because a version of a model is immutable: so a restart needs no hub, and a cosmetic change of a
//! document does not rerun anything.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::algorithms::of_image;
use api::{
    Candidate, Channel, CompletionCriteria, Dataset, EarlyStopping, Hyperband, Hyperparameters, InputMode,
    InstanceFallback, ModelSelectionSpec, Objective, ParameterRange, Strategy, WarmStart,
};

/// What one run trains. The field order is the order of serialization, and so part of the fingerprint: never reorder
/// the fields. A field that is added later is not serialized if it is not set, so that the fingerprints of older specs
/// stay the same.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Definition {
    /// The AWS region.
    pub region: String,
    /// The model.
    pub source: Source,
    /// The inputs, in order.
    pub channels: Vec<Channel>,
    /// The merged overrides: training, then dataset, then candidate; the last one wins.
    pub hyperparameters: Hyperparameters,
    /// Regex by metric name: training, then candidate.
    pub metric_definitions: BTreeMap<String, String>,
    /// The metric that SageMaker optimizes.
    pub objective: Objective,
    /// The search strategy.
    pub strategy: Strategy,
    /// Number of training jobs of the tuning job.
    pub max_training_jobs: Option<i32>,
    /// Number of concurrent training jobs.
    pub max_parallel_training_jobs: i32,
    /// Time limit of the tuning job, in seconds.
    pub tuning_runtime_seconds: Option<i32>,
    /// Whether unpromising training jobs are stopped.
    pub early_stopping: EarlyStopping,
    /// The resource limits of Hyperband.
    pub hyperband: Option<Hyperband>,
    /// Seed of the random search.
    pub random_seed: Option<i32>,
    /// The searched hyperparameters, by name.
    pub parameter_ranges: Vec<ParameterRange>,
    /// The instance type.
    pub instance_type: String,
    /// Number of instances of a training job.
    pub instance_count: i32,
    /// Volume size of an instance, in GB.
    pub volume_size_gb: Option<i32>,
    /// Time limit of a training job, in seconds.
    pub max_runtime_seconds: Option<i32>,
    /// Instance types to fall back to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instance_fallbacks: Vec<InstanceFallback>,
    /// How data reaches the container of a `JumpStart` model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_mode: Option<InputMode>,
    /// Environment variables of the container.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Criteria that end the search early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_criteria: Option<CompletionCriteria>,
    /// Whether SageMaker chooses ranges.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub autotune: bool,
    /// The tuning jobs whose search is continued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_start: Option<WarmStart>,
}

/// The source of the training code and the model.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub enum Source {
    /// A model of the hub, at one version.
    JumpStart {
        /// Its id.
        model_id: String,
        /// Its resolved version.
        version: String,
    },
    /// A training image of the user.
    Image {
        /// Its registry path.
        image: String,
        /// How data reaches it.
        input_mode: InputMode,
    },
    /// A SageMaker algorithm resource.
    Algorithm {
        /// Its name or ARN.
        name: String,
        /// How data reaches it.
        input_mode: InputMode,
    },
    /// An existing tuning job; nothing else is known about it.
    TuningJob {
        /// Its name.
        name: String,
    },
}

impl Definition {
    /// The definition of `candidate` on `dataset`, with the model `source`; `spec` is the selection with the
    /// candidate's overrides (see [`super::effective`]).
    pub fn new(
        spec: &ModelSelectionSpec,
        region: &str,
        dataset: &Dataset,
        candidate: &Candidate,
        source: Source,
    ) -> Self {
        let ModelSelectionSpec { tuning, training, .. } = spec;
        let merged =
            |maps: [&Hyperparameters; 3]| maps.into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
        let own = &candidate.overrides.parameter_ranges;
        let mut parameter_ranges = if own.is_empty() { tuning.parameter_ranges.clone() } else { own.clone() };
        parameter_ranges.sort_by(|a, b| a.name.cmp(&b.name));
        let hyperparameters: Hyperparameters =
            merged([&training.hyperparameters, &dataset.hyperparameters, &candidate.overrides.hyperparameters]);
        // Built-in algorithms and algorithm resources take no definitions: those of the spec are for other candidates.
        let takes_definitions = match &source {
            Source::Image { image, .. } => of_image(image, &hyperparameters).is_none(),
            Source::Algorithm { .. } => false,
            Source::JumpStart { .. } | Source::TuningJob { .. } => true,
        };
        let metric_definitions = training.metric_definitions.iter().chain(&candidate.overrides.metric_definitions);
        Self {
            region: region.to_owned(),
            source,
            channels: dataset.channels_of(&candidate.name).to_vec(),
            hyperparameters,
            metric_definitions: metric_definitions
                .filter(|_| takes_definitions)
                .map(|metric| (metric.name.clone(), metric.regex.clone()))
                .collect(),
            // The scale affects only the front; SageMaker does not know it.
            objective: Objective { scale: None, ..tuning.objective.clone() },
            strategy: tuning.strategy.unwrap_or_default(),
            max_training_jobs: tuning.max_training_jobs,
            max_parallel_training_jobs: tuning.max_parallel_training_jobs.unwrap_or(1),
            tuning_runtime_seconds: tuning.max_runtime_seconds,
            early_stopping: tuning.early_stopping.unwrap_or_default(),
            hyperband: tuning.hyperband.clone(),
            random_seed: tuning.random_seed,
            parameter_ranges,
            instance_type: training.instance_type.clone(),
            instance_count: training.instance_count.unwrap_or(1),
            volume_size_gb: training.volume_size_gb,
            max_runtime_seconds: training.max_runtime_seconds,
            instance_fallbacks: training.instance_fallbacks.clone(),
            input_mode: training.input_mode,
            environment: training.environment.clone(),
            completion_criteria: tuning.completion_criteria.clone(),
            autotune: tuning.autotune,
            // Which of the results counts does not affect the training.
            warm_start: candidate
                .warm_start
                .as_ref()
                .or(tuning.warm_start.as_ref())
                .map(|warm| WarmStart { include_parent_results: false, ..warm.clone() }),
        }
    }

    /// The fingerprint of the definition: 20 hexadecimal digits.
    ///
    /// # Panics
    /// Never: strings, numbers and maps with string keys can always be serialized as JSON.
    pub fn fingerprint(&self) -> String {
        match &self.source {
            // The job is already trained, with a definition of its own.
            Source::TuningJob { .. } => fingerprint(&(&self.region, &self.source)),
            _ => fingerprint(self),
        }
    }
}

/// The fingerprint of `value`: 20 hexadecimal digits.
///
/// # Panics
/// Never for values that consist of strings, numbers and maps with string keys: these can always be serialized as JSON.
pub fn fingerprint(value: &impl Serialize) -> String {
    let canonical = serde_json::to_vec(value).expect("strings, numbers and maps are JSON");
    Sha256::digest(canonical).iter().take(10).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

#[cfg(test)]
mod tests;
