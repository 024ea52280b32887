//! All that decides what a run trains, and its fingerprint.
//!
//! The definition is made of what the manifest declares, after defaults and overrides, plus the pinned version of the
//! model. It leaves out what changes nothing in the result: the role, the output folder, tags. A hub document is not
//! part of it, since a version of a model is immutable: so a restart needs no hub, and a cosmetic change of a document
//! does not run anything again.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use api::{
    Candidate, Channel, CompletionCriteria, Dataset, EarlyStopping, Hyperband, Hyperparameters, InputMode,
    InstanceFallback, ModelSelectionSpec, Objective, ParameterRange, Strategy, WarmStart,
};

/// What one run trains. The field order is the serialised order, and so part of the fingerprint: never reorder. A field
/// that comes later is left out where it is not set, so that the fingerprints of older specs stay.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Definition {
    /// The AWS region.
    pub region: String,
    /// The model.
    pub source: Source,
    /// The inputs, in order.
    pub channels: Vec<Channel>,
    /// The overrides, merged: training, then dataset, then candidate; the later wins.
    pub hyperparameters: Hyperparameters,
    /// Metric name to regex: training, then candidate.
    pub metric_definitions: BTreeMap<String, String>,
    /// By which SageMaker steers the search.
    pub objective: Objective,
    /// The search strategy.
    pub strategy: Strategy,
    /// Training jobs of the tuning job.
    pub max_training_jobs: Option<i32>,
    /// Training jobs at a time.
    pub max_parallel_training_jobs: i32,
    /// Limit of the tuning job in seconds.
    pub tuning_runtime_seconds: Option<i32>,
    /// Whether unpromising training jobs are stopped.
    pub early_stopping: EarlyStopping,
    /// Hyperband's bounds.
    pub hyperband: Option<Hyperband>,
    /// Seed of the search.
    pub random_seed: Option<i32>,
    /// The searched hyperparameters, by name.
    pub parameter_ranges: Vec<ParameterRange>,
    /// The instance type.
    pub instance_type: String,
    /// Instances of a training job.
    pub instance_count: i32,
    /// Volume of an instance in GB.
    pub volume_size_gb: Option<i32>,
    /// Limit of a training job in seconds.
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
    /// When the search has found enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_criteria: Option<CompletionCriteria>,
    /// Whether SageMaker chooses ranges.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub autotune: bool,
    /// What the search begins from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_start: Option<WarmStart>,
}

/// Where the training code and the model come from.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub enum Source {
    /// A model of the hub, at one version.
    JumpStart {
        /// Its id.
        model_id: String,
        /// Its pinned version.
        version: String,
    },
    /// An image of the user's.
    Image {
        /// Its registry path.
        image: String,
        /// How data reaches it.
        input_mode: InputMode,
    },
    /// An algorithm resource at SageMaker.
    Algorithm {
        /// Its name or ARN.
        name: String,
        /// How data reaches it.
        input_mode: InputMode,
    },
    /// A tuning job that exists, of which nothing else is known.
    TuningJob {
        /// Its name.
        name: String,
    },
}

impl Definition {
    /// The definition of `candidate` on `dataset`, its model being `source`; `spec` is the selection as the candidate has
    /// it (see [`super::effective`]).
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
        Self {
            region: region.to_owned(),
            source,
            channels: dataset.channels_of(&candidate.name).to_vec(),
            hyperparameters: merged([
                &training.hyperparameters,
                &dataset.hyperparameters,
                &candidate.overrides.hyperparameters,
            ]),
            metric_definitions: training
                .metric_definitions
                .iter()
                .chain(&candidate.overrides.metric_definitions)
                .map(|metric| (metric.name.clone(), metric.regex.clone()))
                .collect(),
            // A scale is for the front; SageMaker knows none.
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
            // Whose result counts is not what is trained.
            warm_start: candidate
                .warm_start
                .as_ref()
                .or(tuning.warm_start.as_ref())
                .map(|warm| WarmStart { include_parent_results: false, ..warm.clone() }),
        }
    }

    /// 20 hexadecimal digits that stand for the whole definition.
    ///
    /// # Panics
    /// Never: strings, numbers and maps with string keys are always JSON.
    pub fn fingerprint(&self) -> String {
        match &self.source {
            // It is trained already, by what its own definition says.
            Source::TuningJob { .. } => fingerprint(&(&self.region, &self.source)),
            _ => fingerprint(self),
        }
    }
}

/// 20 hexadecimal digits that stand for `value`.
///
/// # Panics
/// Never for what consists of strings, numbers and maps with string keys: that is always JSON.
pub fn fingerprint(value: &impl Serialize) -> String {
    let canonical = serde_json::to_vec(value).expect("strings, numbers and maps are JSON");
    Sha256::digest(canonical).iter().take(10).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    use samples::spec;

    fn of_first(spec: &ModelSelectionSpec) -> String {
        let source = Source::JumpStart { model_id: "tensorflow-ic-mobilenet".into(), version: "4.0.2".into() };
        Definition::new(spec, "us-west-2", &spec.datasets[0], &spec.candidates[0], source).fingerprint()
    }

    /// Fingerprints are money: a release that works them out otherwise runs, and pays, everything again.
    #[test]
    fn fingerprints_never_change() {
        assert_eq!(of_first(&spec()), "372d6f8cde3b3d7c5fcc");
    }

    #[test]
    fn what_does_not_decide_the_training_does_not_count() {
        let base = spec();
        let mut other = spec();
        other.execution_role_arn = "arn:aws:iam::111122223333:role/Other".into();
        other.training.output_s3_uri = "s3://elsewhere/".into();
        other.objectives.pop();
        other.max_concurrent_tuning_jobs = 1;
        other.suspend = true;
        other.tags.insert("team".into(), "vision".into());
        other.datasets[0].test_size = Some(100);
        other.training.spot = Some(api::Spot { max_wait_seconds: None });
        other.training.network_isolation = Some(true);
        other.tuning.strategy = Some(Strategy::Bayesian); // the default, written out
        other.tuning.max_parallel_training_jobs = Some(1);
        other.candidates[0].name = "renamed".into(); // part of the identity, not of the definition
        assert_eq!(of_first(&base), of_first(&other));
    }

    #[test]
    fn what_decides_the_training_counts() {
        let base = of_first(&spec());
        let edits: [fn(&mut ModelSelectionSpec); 13] = [
            |s| s.training.instance_type = "ml.g5.xlarge".into(),
            |s| drop(s.training.hyperparameters.insert("epochs".into(), "6".into())),
            |s| drop(s.datasets[0].hyperparameters.insert("epochs".into(), "6".into())),
            |s| drop(s.candidates[0].overrides.hyperparameters.insert("epochs".into(), "6".into())),
            |s| s.datasets[0].channels[0].s3_uri = Some("s3://bucket/other/".into()),
            |s| s.tuning.max_training_jobs = Some(3),
            |s| s.tuning.parameter_ranges.clear(),
            |s| s.training.metric_definitions[0].regex = "x([0-9.]+)".into(),
            |s| drop(s.training.environment.insert("A".into(), "b".into())),
            |s| s.tuning.autotune = true,
            |s| {
                s.candidates[0].overrides.parameter_ranges =
                    vec![ParameterRange { name: "lr".into(), ..ParameterRange::default() }];
            },
            |s| s.datasets[0].channels[0].shuffle_seed = Some(1),
            |s| {
                s.candidates[0].warm_start = Some(WarmStart {
                    type_: api::WarmStartType::TransferLearning,
                    parent_tuning_job_names: vec!["parent".into()],
                    include_parent_results: false,
                });
            },
        ];
        for (i, edit) in edits.iter().enumerate() {
            let mut other = spec();
            edit(&mut other);
            assert_ne!(base, of_first(&other), "edit {i}");
        }
    }

    /// It does not matter whether a value is said for all or for the candidate.
    #[test]
    fn a_value_of_the_candidate_is_as_one_of_the_selection() {
        let mut base = spec();
        let mut own = spec();
        base.training.instance_type = "ml.g5.xlarge".into();
        base.tuning.max_training_jobs = Some(7);
        own.candidates[0].overrides.training =
            serde_json::from_value(serde_json::json!({"instanceType": "ml.g5.xlarge"})).unwrap();
        own.candidates[0].overrides.tuning = serde_json::from_value(serde_json::json!({"maxTrainingJobs": 7})).unwrap();
        let own = crate::effective::for_candidate(&own, &own.candidates[0]).unwrap().into_owned();
        assert_eq!(of_first(&base), of_first(&own));
        assert_ne!(of_first(&base), of_first(&spec()));
    }

    #[test]
    fn other_channels_count_for_the_candidates_that_have_them() {
        let base = spec();
        let mut other = spec();
        let mut channel = other.datasets[0].channels[0].clone();
        channel.content_type = Some("text/csv".into());
        let of = |names: &[&str]| api::ChannelOverride {
            candidates: names.iter().map(|name| (*name).to_owned()).collect(),
            channels: vec![channel.clone()],
        };
        other.datasets[0].channel_overrides = vec![of(&["own"])];
        assert_eq!(of_first(&base), of_first(&other));
        other.datasets[0].channel_overrides = vec![of(&["mobilenet"])];
        assert_ne!(of_first(&base), of_first(&other));
    }

    #[test]
    fn the_later_override_wins() {
        let mut spec = spec();
        spec.datasets[0].hyperparameters.insert("epochs".into(), "6".into());
        spec.datasets[0].hyperparameters.insert("binary_mode".into(), "True".into());
        spec.candidates[1].overrides.hyperparameters.insert("epochs".into(), "7".into());
        let source = Source::Image { image: "x".into(), input_mode: InputMode::File };
        let definition = Definition::new(&spec, "us-west-2", &spec.datasets[0], &spec.candidates[1], source);
        assert_eq!(definition.hyperparameters["epochs"], "7");
        assert_eq!(definition.hyperparameters["binary_mode"], "True");
    }
}
