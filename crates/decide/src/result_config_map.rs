//! The content of the `ConfigMap` of `spec.resultConfigMap`, and when to write it.
//!
//! It contains the winner of the last time that every run had ended: while runs are active again after an edit, the
//! deployed model stays.

use std::collections::BTreeMap;

use super::hosting;
use super::problem::Problem;
use api::{
    ConditionStatus, ConditionType, Front, Hosting, ModelSelectionSpec, ModelSelectionStatus, Reason, Recommendation,
    RunStatus, WantedCondition,
};

/// The data of the `ConfigMap`: keys of letters, digits and underscores, as in variables of shells and of Flux.
pub type Data = BTreeMap<String, String>;

/// The desired content of the `ConfigMap`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its data.
    pub data: Data,
    /// Whether it is the result: every run has ended, and the serving containers of the winners are known.
    pub is_result: bool,
    /// Whether each dataset has a winner.
    pub has_winner: bool,
}

/// The object of that name at the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// The `ConfigMap` of this selection.
    Ours(Data),
    /// A `ConfigMap` with another owner, or one that is being deleted.
    Other,
}

/// The action for the `ConfigMap`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Create it.
    Create,
    /// Replace its data.
    Write,
    /// Keep it.
    Leave,
    /// Do not touch it.
    Refuse(Problem),
}

/// The action, given the desired and the existing object.
pub fn step(name: &str, wanted: &Wanted, found: &Found) -> Step {
    match found {
        Found::Nothing => Step::Create,
        Found::Ours(data) if wanted.is_result && *data != wanted.data => Step::Write,
        Found::Ours(_) => Step::Leave,
        Found::Other => {
            let message = format!(
                "the ConfigMap '{name}' belongs to somebody else, so the winner is not written; choose another name for \
                 `resultConfigMap`, or delete that ConfigMap"
            );
            Step::Refuse(Problem::new(Reason::ConfigMapConflict, message))
        }
    }
}

/// The condition that shows whether the `ConfigMap` has the winner. `problem` is the reason if writing it failed.
pub fn condition(name: &str, wanted: &Wanted, problem: Option<&Problem>) -> WantedCondition {
    use ConditionStatus::{False, True, Unknown};
    let (status, reason, message) = match problem {
        Some(Problem { reason, message }) => (False, *reason, message.clone()),
        None if !wanted.is_result => (
            Unknown,
            Reason::Progressing,
            format!("the winner is written to the ConfigMap '{name}' when every run has ended"),
        ),
        None if wanted.has_winner => (True, Reason::Completed, format!("the ConfigMap '{name}' has the winner")),
        None => {
            let message = format!("the ConfigMap '{name}' says why there is no winner");
            (False, Reason::NoUsableResult, message)
        }
    };
    WantedCondition { type_: ConditionType::ResultPublished, status, reason, message }
}

/// Whether to check the `ConfigMap` again, according to the condition that was written last.
pub fn is_open(status: &ModelSelectionStatus) -> bool {
    let of_type = |wanted: &&api::Condition| wanted.type_ == ConditionType::ResultPublished.as_str();
    status.conditions.iter().find(of_type).is_some_and(|condition| {
        let settled = [Reason::Completed, Reason::NoUsableResult].map(Reason::as_str);
        !settled.contains(&condition.reason.as_str())
    })
}

/// The desired content, given the spec and the status. The plain keys describe the first dataset of the spec; with
/// several datasets, the keys of each one begin with `dataset_` and its name.
pub fn wanted(spec: &ModelSelectionSpec, status: &ModelSelectionStatus) -> Wanted {
    let is_result = status.completion_time.is_some() && !hosting::is_open(&status.fronts);
    let each: Vec<(&str, Data)> = spec
        .datasets
        .iter()
        .map(|dataset| {
            let front = status.fronts.iter().find(|front| front.dataset == dataset.name);
            (dataset.name.as_str(), of_dataset(&dataset.name, front.filter(|_| is_result), status, is_result))
        })
        .collect();
    let has_winner = each.iter().all(|(_, data)| data.get(WINNER).is_some_and(|winner| winner == "true"));
    let mut data = each.first().map(|(_, data)| data.clone()).unwrap_or_default();
    for (dataset, of_it) in each.iter().filter(|_| each.len() > 1) {
        let prefix = key("dataset_", dataset);
        for (name, value) in of_it {
            data.entry(format!("{prefix}_{name}")).or_insert_with(|| value.clone());
        }
    }
    Wanted { data, is_result, has_winner }
}

/// The key that shows whether there is a winner.
const WINNER: &str = "winner";

fn of_dataset(dataset: &str, front: Option<&Front>, status: &ModelSelectionStatus, is_result: bool) -> Data {
    let recommendation = front.and_then(|front| front.recommendation.as_ref());
    let run = recommendation
        .and_then(|recommendation| recommendation.candidate.as_deref())
        .and_then(|candidate| hosting::run(&status.runs, candidate, dataset));
    let mut data = Data::from([("dataset".to_owned(), dataset.to_owned())]);
    let message = match (recommendation, run) {
        (Some(recommendation), Some(run)) => {
            data.extend(winner(recommendation, run));
            data.extend(status.region.clone().map(|region| ("region".to_owned(), region)));
            let no_image = recommendation.hosting.as_ref().and_then(|hosting| hosting.message.as_deref());
            [Some(recommendation.message.as_str()), no_image].into_iter().flatten().collect::<Vec<_>>().join("; ")
        }
        // A candidate that was measured elsewhere has nothing to deploy.
        (Some(Recommendation { candidate: Some(name), .. }), None) => {
            format!("'{name}', which was measured elsewhere, is best")
        }
        (Some(recommendation), None) => recommendation.message.clone(),
        (None, _) if is_result => "no run of this dataset can be on the front".to_owned(),
        (None, _) => "the winner is written when every run has ended".to_owned(),
    };
    data.insert(WINNER.to_owned(), run.is_some().to_string());
    data.insert("message".to_owned(), message);
    data
}

fn winner(recommendation: &Recommendation, run: &RunStatus) -> Data {
    let mut data = Data::new();
    let job = recommendation.training_job.clone().unwrap_or_default();
    let Hosting { image, environment, script_s3_uri, instance_type, network_isolation, .. } =
        recommendation.hosting.clone().unwrap_or_default();
    for (name, value) in [
        ("candidate", Some(run.candidate.clone())),
        ("model_id", run.model_id.clone()),
        ("model_version", run.model_version.clone()),
        ("tuning_job", run.tuning_job_name.clone()),
        ("training_job", Some(job.training_job_name)),
        ("artifact", job.model_artifact_s3_uri),
        ("image", image),
        ("script", script_s3_uri),
        ("instance_type", instance_type),
        ("network_isolation", Some(network_isolation.to_string())),
    ] {
        data.extend(value.map(|value| (name.to_owned(), value)));
    }
    let metrics = job.metrics.into_iter().chain(job.derived_metrics).map(|metric| (metric.name, metric.value));
    add(&mut data, "metric_", metrics);
    add(&mut data, "hyperparameter_", job.hyperparameters);
    add(&mut data, "environment_", environment);
    data
}

/// Adds entries under keys with that prefix. If two names result in the same key, the first one is used.
fn add(data: &mut Data, prefix: &str, entries: impl IntoIterator<Item = (String, String)>) {
    for (name, value) in entries {
        data.entry(key(prefix, &name)).or_insert(value);
    }
}

/// The maximum length of a key in Kubernetes.
const KEY_MAX: usize = 253;

/// The key of a name: other characters than letters, digits and underscores are replaced by underscores.
fn key(prefix: &str, name: &str) -> String {
    let word = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    prefix.chars().chain(name.chars().map(word)).take(KEY_MAX).collect()
}

#[cfg(test)]
mod tests;
