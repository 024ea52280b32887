//! What the tests of faults and bad input share: a scene with an operator and an emulator of its own, and questions to
//! the status, the Events and the log of requests.

// Helpers are not recognised as tests, which may unwrap and print.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::print_stdout, clippy::format_collect)]

use super::programs;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use api::{Condition, ModelSelection, ModelSelectionStatus, Reason, RunState, RunStatus};
use k8s_openapi::api::events::v1::Event;
use kube::api::ListParams;
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::{
    ControlPlane, Emulator, Operator, OperatorOptions, apply_yaml, await_object, await_until, fresh_namespace,
    install_crd, shared,
};

/// Long enough for a loaded machine; what is awaited comes after a few seconds.
pub const SOON: Duration = Duration::from_secs(60);
/// For what the operator tries again by itself only after half a minute or more.
pub const LATER: Duration = Duration::from_secs(120);

/// A namespace, an emulator and an operator, all of one test.
pub struct Scene {
    pub client: Client,
    pub namespace: String,
    pub emulator: Emulator,
    pub operator: Operator,
    pub selections: Api<ModelSelection>,
    pub events: Api<Event>,
}

/// A manifest as a user would write it, with its own images only. The image's repository is the candidate's name.
pub struct Manifest {
    pub name: String,
    pub candidates: Vec<String>,
    pub datasets: Vec<String>,
    /// More lines of the spec.
    pub more: String,
}

impl Manifest {
    pub fn new(name: &str, candidates: &[&str]) -> Self {
        let candidates = candidates
            .iter()
            .map(|name| {
                format!("- {{name: {name}, algorithm: {{trainingImage: \"111122223333.dkr.ecr.us-west-2.amazonaws.com/{name}:1\"}}}}")
            })
            .collect();
        Self { name: name.to_owned(), candidates, datasets: vec!["birds".to_owned()], more: String::new() }
    }

    pub fn more(mut self, lines: &str) -> Self {
        lines.clone_into(&mut self.more);
        self
    }

    /// One more candidate, as a YAML list item.
    pub fn candidate(mut self, yaml: &str) -> Self {
        self.candidates.push(yaml.to_owned());
        self
    }

    pub fn yaml(&self, namespace: &str) -> String {
        let Self { name, candidates, datasets, more } = self;
        let datasets: String = datasets
            .iter()
            .map(|d| {
                format!(
                    "  - name: {d}\n    channels:\n    - {{name: training, s3URI: \"s3://bucket/{d}/train/\"}}\n    - {{name: test, s3URI: \"s3://bucket/{d}/test/\"}}\n"
                )
            })
            .collect();
        let candidates: String = candidates.iter().map(|c| format!("  {}\n", c.replace('\n', "\n  "))).collect();
        // What the test writes wins over what stands here.
        let fixed = [
            ("executionRoleARN", "  executionRoleARN: arn:aws:iam::111122223333:role/SageMakerTraining\n"),
            ("objectives", "  objectives:\n  - {metric: accuracy, goal: Maximize}\n"),
            (
                "tuning",
                "  tuning:\n    objective: {metric: accuracy, goal: Maximize}\n    maxTrainingJobs: 1\n    parameterRanges:\n    - {name: learning_rate, categorical: {values: [\"0.001\"]}}\n",
            ),
            (
                "training",
                "  training:\n    instanceType: ml.p3.2xlarge\n    hyperparameters: {epochs: \"2\"}\n    metricDefinitions:\n    - {name: accuracy, regex: \"- val_accuracy: ([0-9.]+)\"}\n    outputS3URI: s3://bucket/selections/\n",
            ),
        ];
        let given = |key: &str| more.lines().any(|line| line.starts_with(&format!("{key}:")));
        let fixed: String = fixed.iter().filter(|(key, _)| !given(key)).map(|(_, text)| *text).collect();
        let more: String = more.lines().map(|line| format!("  {line}\n")).collect();
        format!(
            "apiVersion: modelselection.dev/v1alpha1\nkind: ModelSelection\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n{fixed}  datasets:\n{datasets}  candidates:\n{candidates}{more}"
        )
    }
}

impl Scene {
    /// Starts all of it and waits until the operator is ready. Jobs are looked at often, since they take seconds.
    pub async fn start(purpose: &str, emulator: &[&str], operator: &[(&str, &str)]) -> Self {
        Self::on(shared().await, purpose, emulator, operator).await
    }

    pub async fn on(plane: &ControlPlane, purpose: &str, emulator: &[&str], operator: &[(&str, &str)]) -> Self {
        let client = plane.client();
        install_crd(&client, programs::CRD.as_ref()).await;
        let namespace = fresh_namespace(&client, purpose).await;
        let emulator = Emulator::start(emulator).await;
        emulator.behave(json!({"match": "*", "secondsPerEpoch": 10.0})).await;
        let mut options = OperatorOptions::new(plane, &emulator, &namespace);
        let quick = [
            ("MODELSELECTION_MIN_SWEEP_SECONDS", "0.5"),
            ("MODELSELECTION_MAX_SWEEP_SECONDS", "1"),
            ("MODELSELECTION_CONSISTENCY_WINDOW_SECONDS", "3"),
        ];
        let environment = quick.iter().chain(operator).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        options.extra_env.extend(environment);
        let mut operator = Operator::start(options);
        operator.await_ready(SOON).await;
        Self {
            selections: Api::namespaced(client.clone(), &namespace),
            events: Api::namespaced(client.clone(), &namespace),
            client,
            namespace,
            emulator,
            operator,
        }
    }

    pub async fn apply(&self, manifest: &Manifest) {
        let yaml = manifest.yaml(&self.namespace);
        apply_yaml(&self.client, &yaml).await.unwrap_or_else(|e| panic!("the manifest is refused: {e}\n{yaml}"));
    }

    /// Waits until the status of the selection is as wanted.
    pub async fn status(
        &self,
        name: &str,
        what: &str,
        deadline: Duration,
        wanted: impl Fn(&ModelSelectionStatus) -> bool,
    ) -> ModelSelectionStatus {
        let wanted = |selection: &ModelSelection| {
            let seen = |status: &ModelSelectionStatus| status.observed_generation == selection.metadata.generation;
            selection.status.as_ref().is_some_and(|status| seen(status) && wanted(status))
        };
        let selection = await_object(&self.selections, name, what, deadline, wanted).await;
        selection.status.unwrap_or_default()
    }

    /// Waits until every run has ended.
    pub async fn completed(&self, name: &str, deadline: Duration) -> ModelSelectionStatus {
        self.status(name, "every run has ended", deadline, |status| status.completion_time.is_some()).await
    }

    /// Waits until a condition is there with that reason.
    pub async fn condition(&self, name: &str, kind: &str, reason: Reason) -> ModelSelectionStatus {
        let what = format!("{kind} says {}", reason.as_str());
        self.status(name, &what, SOON, |status| condition(status, kind).is_some_and(|c| c.reason == reason.as_str()))
            .await
    }

    /// How often something with this reason was told of the selection: Events, and repetitions counted in them.
    pub async fn told(&self, name: &str, reason: &str) -> i32 {
        let events = self.events.list(&ListParams::default()).await.unwrap();
        let about = |event: &&Event| {
            event.reason.as_deref() == Some(reason)
                && event.regarding.as_ref().is_some_and(|object| object.name.as_deref() == Some(name))
        };
        events.items.iter().filter(about).map(|event| event.series.as_ref().map_or(1, |series| series.count)).sum()
    }

    /// Waits until something was told, and checks that it was told once only.
    pub async fn told_once(&self, name: &str, reason: &str) {
        let what = format!("there is an Event {reason}");
        await_until(&what, SOON, async || self.told(name, reason).await > 0).await;
        assert_eq!(self.told(name, reason).await, 1, "Events {reason} of {name}");
    }

    /// Jobs that were created so far, at whosoever's wish.
    pub async fn jobs_created(&self) -> u64 {
        self.emulator.calls().await["jobsCreated"].as_u64().unwrap()
    }

    /// Calls of an operation so far; of all when it is empty.
    pub async fn calls(&self, operation: &str) -> u64 {
        let calls = self.emulator.calls().await;
        let count = if operation.is_empty() { &calls["total"] } else { &calls["byOperation"][operation] };
        count.as_u64().unwrap_or(0)
    }

    /// Errors of a kind so far, such as `CreateHyperParameterTuningJob ThrottlingException`.
    pub async fn errors(&self, error: &str) -> u64 {
        self.emulator.calls().await["errors"][error].as_u64().unwrap_or(0)
    }

    /// The jobs by name.
    pub async fn jobs(&self) -> BTreeMap<String, Value> {
        let jobs = self.emulator.jobs().await;
        let jobs = jobs.as_array().unwrap().iter();
        jobs.map(|job| (job["name"].as_str().unwrap().to_owned(), job.clone())).collect()
    }

    /// One line about the calls, for the log of the test.
    pub async fn print_calls(&self, test: &str) {
        println!("{test}: {}", self.emulator.calls().await);
    }
}

pub fn condition<'a>(status: &'a ModelSelectionStatus, kind: &str) -> Option<&'a Condition> {
    status.conditions.iter().find(|condition| condition.type_ == kind)
}

/// Status and reason of a condition; empty when there is none.
pub fn says<'a>(status: &'a ModelSelectionStatus, kind: &str) -> (&'a str, &'a str) {
    condition(status, kind).map_or(("", ""), |c| (c.status.as_str(), c.reason.as_str()))
}

pub fn run<'a>(status: &'a ModelSelectionStatus, candidate: &str) -> &'a RunStatus {
    status.runs.iter().find(|run| run.candidate == candidate).unwrap_or_else(|| panic!("no run of {candidate}"))
}

/// Number of runs in a state.
pub fn number(status: &ModelSelectionStatus, state: RunState) -> usize {
    status.runs.iter().filter(|run| run.state == state).count()
}

/// How many of the jobs ran at the same time at most, as far as their moments tell; by selection.
pub fn most_at_once<'a>(jobs: impl Iterator<Item = &'a Value>) -> usize {
    // Ends before beginnings: a job that begins when another has ended takes its place.
    let mut changes: Vec<(f64, i32)> = jobs
        .flat_map(|job| [(job["creationTime"].as_f64().unwrap(), 1), (job["endTime"].as_f64().unwrap(), -1)])
        .collect();
    changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut now = 0;
    let peak = changes.iter().map(|(_, change)| {
        now += change;
        now
    });
    usize::try_from(peak.max().unwrap_or(0)).unwrap()
}

/// The selection that a job belongs to.
pub fn owner(job: &Value) -> &str {
    job["tags"]["modelselection.dev/name"].as_str().unwrap_or_default()
}

/// A job of nobody's, under a name that the operator would take.
pub fn foreign_job(name: &str) -> Value {
    json!({
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "m"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "x", "Values": ["1"]}]},
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {
                "TrainingImage": "444455556666.dkr.ecr.us-west-2.amazonaws.com/other:1",
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "m", "Regex": "- val_accuracy: ([0-9.]+)"}],
            },
            "RoleArn": "arn:aws:iam::111122223333:role/Other",
            "OutputDataConfig": {"S3OutputPath": "s3://other/"},
            "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
            "StoppingCondition": {"MaxRuntimeInSeconds": 360_000},
        },
        "Tags": [{"Key": "team", "Value": "other"}],
    })
}

/// The values of a Prometheus text by their names with labels.
pub fn metrics(text: &str) -> HashMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.rsplit_once(' ')).filter_map(|(k, v)| Some((k.to_owned(), v.parse().ok()?))).collect()
}
