//! A manifest in progress: the given values, and examples for all others.

pub(crate) mod checked;
pub(crate) mod words;

use std::collections::BTreeMap;

use api::{
    Candidate, CandidateSelector, Channel, Dataset, EarlyStopping, Goal, Hyperparameters, JumpStartSelector,
    MetricDefinition, Objective, ParameterRange, Spot, Strategy, Training, Tuning,
};
use serde::Serialize;
use serde_json::{Value, json};

/// The given values of a manifest, from flags, answers, or a notebook.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub(crate) struct Draft {
    pub(crate) name: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) objectives: Vec<Objective>,
    /// The objective of the search, if it is not the first of `objectives`.
    pub(crate) search: Option<Objective>,
    pub(crate) datasets: Vec<Dataset>,
    pub(crate) task: Option<String>,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) ranges: Vec<ParameterRange>,
    pub(crate) metrics: Vec<MetricDefinition>,
    pub(crate) hyperparameters: Hyperparameters,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) strategy: Option<Strategy>,
    pub(crate) early_stopping: Option<EarlyStopping>,
    pub(crate) max_training_jobs: Option<i32>,
    pub(crate) max_parallel_training_jobs: Option<i32>,
    pub(crate) instance_type: Option<String>,
    pub(crate) instance_count: Option<i32>,
    pub(crate) volume_size_gb: Option<i32>,
    pub(crate) max_runtime_seconds: Option<i32>,
    pub(crate) spot: Option<Spot>,
    pub(crate) output: Option<String>,
}

/// A manifest, with its members in the order of the examples.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    api_version: &'static str,
    kind: &'static str,
    metadata: BTreeMap<&'static str, String>,
    spec: Spec,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(rename = "executionRoleARN")]
    execution_role_arn: String,
    objectives: Vec<Objective>,
    datasets: Vec<Dataset>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<Candidate>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidate_selectors: Vec<CandidateSelector>,
    tuning: Tuning,
    training: Training,
}

/// A value that was not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Example {
    /// The field of the manifest.
    pub(crate) field: &'static str,
    /// Its placeholder.
    pub(crate) value: String,
    /// Whether the placeholder may be correct. Other placeholders must be replaced by the user's own values.
    pub(crate) may_do: bool,
}

pub(crate) const NAME: &str = "selection";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/SageMakerTraining";
pub(crate) const MODEL: &str = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4";
pub(crate) const DATASET: &str = "s3://my-bucket/dataset/train/";
pub(crate) const METRIC: &str = "val_accuracy";
pub(crate) const INSTANCE_TYPE: &str = "ml.g5.2xlarge";
pub(crate) const TRAINING_JOBS: i32 = 4;

impl Draft {
    /// The manifest.
    pub(crate) fn manifest(&self) -> Manifest {
        let name = self.name.clone().unwrap_or_else(|| NAME.to_owned());
        let namespace = self.namespace.clone().map(|namespace| ("namespace", namespace));
        Manifest {
            api_version: "modelselection.dev/v1alpha1",
            kind: "ModelSelection",
            metadata: [("name", name)].into_iter().chain(namespace).collect(),
            spec: Spec {
                region: self.region.clone(),
                execution_role_arn: self.role.clone().unwrap_or_else(|| ROLE.to_owned()),
                objectives: self.objectives(),
                datasets: self.datasets(),
                candidates: self.candidates(),
                candidate_selectors: self.selectors(),
                tuning: self.tuning(),
                training: self.training(),
            },
        }
    }

    /// The fields that were not given, with their placeholders.
    pub(crate) fn examples(&self) -> Vec<Example> {
        let mut examples = Vec::new();
        let mut example = |given: bool, field, value: &str, may_do| {
            if !given {
                examples.push(Example { field, value: value.to_owned(), may_do });
            }
        };
        example(self.role.is_some(), "spec.executionRoleARN", ROLE, false);
        example(!self.datasets.is_empty(), "spec.datasets", DATASET, false);
        example(self.task.is_some() || !self.candidates.is_empty(), "spec.candidates", MODEL, false);
        let own_bucket = self.datasets.iter().any(|dataset| bucket(dataset).is_some());
        example(self.output.is_some(), "spec.training.outputS3URI", &self.output(), own_bucket);
        let guessed: Vec<String> = self
            .metric_definitions()
            .into_iter()
            .filter(|definition| !self.metrics.contains(definition))
            .map(|definition| definition.regex)
            .collect();
        example(guessed.is_empty(), "spec.training.metricDefinitions", &guessed.join(", "), false);
        example(self.name.is_some(), "metadata.name", NAME, true);
        example(!self.objectives.is_empty(), "spec.objectives", &format!("{METRIC}:Maximize"), true);
        example(self.instance_type.is_some(), "spec.training.instanceType", INSTANCE_TYPE, true);
        let jobs = self.max_training_jobs.is_some() || self.strategy == Some(Strategy::Grid);
        example(jobs, "spec.tuning.maxTrainingJobs", &TRAINING_JOBS.to_string(), true);
        example(!self.ranges.is_empty(), "spec.tuning.parameterRanges", "learning_rate", true);
        examples
    }

    fn objectives(&self) -> Vec<Objective> {
        let first = || vec![Objective { metric: METRIC.to_owned(), goal: Goal::Maximize, scale: None }];
        let given =
            if self.objectives.is_empty() { self.search.iter().cloned().collect() } else { self.objectives.clone() };
        if given.is_empty() { first() } else { given }
    }

    fn datasets(&self) -> Vec<Dataset> {
        if !self.datasets.is_empty() {
            return self.datasets.clone();
        }
        vec![dataset("dataset", vec![channel("training", DATASET)])]
    }

    fn candidates(&self) -> Vec<Candidate> {
        if !self.candidates.is_empty() || self.task.is_some() {
            return self.candidates.clone();
        }
        let mut draft = Self::default();
        draft.add_model(MODEL, None);
        draft.candidates
    }

    fn selectors(&self) -> Vec<CandidateSelector> {
        let of = |task: &String| CandidateSelector {
            jump_start: JumpStartSelector { task: Some(task.clone()), ..JumpStartSelector::default() },
            overrides: api::Overrides::default(),
        };
        self.task.iter().map(of).collect()
    }

    /// Whether candidates use the user's own images, whose metrics only the user knows.
    fn has_image(&self) -> bool {
        self.candidates.iter().any(|candidate| candidate.algorithm.is_some())
    }

    /// The given definitions; with the user's own images, also a guess for each metric without one.
    fn metric_definitions(&self) -> Vec<MetricDefinition> {
        let mut definitions = self.metrics.clone();
        let wanted = self.objectives().into_iter().chain(self.search.clone());
        for Objective { metric, .. } in wanted.filter(|_| self.has_image()) {
            if definitions.iter().all(|definition| definition.name != metric) {
                definitions.push(MetricDefinition { regex: guess(&metric), name: metric });
            }
        }
        definitions
    }

    fn ranges(&self) -> Vec<ParameterRange> {
        if !self.ranges.is_empty() {
            return self.ranges.clone();
        }
        // The user's own images have no default that could be multiplied.
        let values = if self.has_image() {
            json!({"values": ["0.001", "0.0001"]})
        } else {
            json!({"multiplesOfDefault": ["1", "0.2"]})
        };
        typed(json!([{"name": "learning_rate", "categorical": values}]))
    }

    fn output(&self) -> String {
        let own = self.datasets.iter().find_map(bucket);
        self.output.clone().unwrap_or_else(|| format!("s3://{}/selections/", own.unwrap_or("my-bucket")))
    }

    fn tuning(&self) -> Tuning {
        let objective = self.search.clone().or_else(|| self.objectives().into_iter().next());
        let jobs = (self.strategy != Some(Strategy::Grid)).then_some(TRAINING_JOBS);
        let mut tuning: Tuning =
            typed(json!({"objective": Objective { scale: None, ..objective.unwrap_or_else(example_objective) }}));
        tuning.strategy = self.strategy;
        tuning.max_training_jobs = self.max_training_jobs.or(jobs);
        tuning.max_parallel_training_jobs = self.max_parallel_training_jobs;
        tuning.early_stopping = self.early_stopping;
        tuning.parameter_ranges = self.ranges();
        tuning
    }

    fn training(&self) -> Training {
        let instance_type = self.instance_type.as_deref().unwrap_or(INSTANCE_TYPE);
        let mut training: Training = typed(json!({"instanceType": instance_type, "outputS3URI": self.output()}));
        training.instance_count = self.instance_count;
        training.volume_size_gb = self.volume_size_gb;
        training.max_runtime_seconds = self.max_runtime_seconds;
        training.hyperparameters.clone_from(&self.hyperparameters);
        training.environment.clone_from(&self.environment);
        training.metric_definitions = self.metric_definitions();
        training.spot.clone_from(&self.spot);
        training
    }
}

fn example_objective() -> Objective {
    Objective { metric: METRIC.to_owned(), goal: Goal::Maximize, scale: None }
}

/// A line such as `val_accuracy: 0.93` or `val_accuracy=9.3e-1`.
fn guess(metric: &str) -> String {
    let quoted: String = metric.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '.' }).collect();
    format!("{quoted}[=:] *([-+0-9.eE]+)")
}

/// The bucket with the data of a dataset.
fn bucket(dataset: &Dataset) -> Option<&str> {
    let uri = dataset.channels.iter().find_map(|channel| channel.s3_uri.as_deref())?.strip_prefix("s3://")?;
    // The vendor's examples are in buckets without write access.
    uri.split('/').next().filter(|bucket| !bucket.starts_with("jumpstart-cache") && !bucket.starts_with("arn:"))
}

pub(crate) fn dataset(name: &str, channels: Vec<Channel>) -> Dataset {
    Dataset { channels, ..typed(json!({"name": name, "channels": []})) }
}

pub(crate) fn channel(name: &str, uri: &str) -> Channel {
    Channel { name: name.to_owned(), s3_uri: Some(uri.to_owned()), ..Channel::default() }
}

/// A part of a manifest that is built here, and therefore has valid members.
fn typed<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("the members are those of the type")
}
