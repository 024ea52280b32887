//! What new tuning jobs cost: the most that they can, and what jobs of their kind have cost before.

use std::borrow::Cow;

use api::{ModelSelectionSpec, RunStatus, parse_decimal};
use decide::effective::for_candidate;
use serde::Serialize;

/// Hours of instances, and money where the manifest has the price.
#[derive(Clone, Copy, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// Hours of instances.
    pub hours: f64,
    /// Hours times `spec.prices`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money: Option<f64>,
}

impl Cost {
    /// Both together. Money is unknown if that of one part is.
    fn and(self, other: Self) -> Self {
        let money = self.money.zip(other.money).map(|(one, other)| one + other);
        Self { hours: self.hours + other.hours, money }
    }
}

/// The most that tuning jobs for these runs can cost, those of `spec.retries` included; `None` when the spec does not
/// bound one of them.
pub fn bound(spec: &ModelSelectionSpec, new: &[&RunStatus]) -> Option<Cost> {
    let tries = f64::from(spec.retries) + 1.0;
    let costs: Option<Vec<Cost>> = new.iter().map(|run| bound_of(own(spec, run)?.as_ref(), tries)).collect();
    costs?.into_iter().reduce(Cost::and)
}

/// What the runs will cost whose like has ended before, and how many these are: as long as the best training jobs of
/// the same model took on the same instance type, on average, times the training jobs that they may have.
pub fn expected(spec: &ModelSelectionSpec, new: &[&RunStatus], history: &[&RunStatus]) -> (Option<Cost>, usize) {
    let known: Vec<Cost> = new.iter().filter_map(|run| expected_of(own(spec, run)?.as_ref(), run, history)).collect();
    let number = known.len();
    (known.into_iter().reduce(Cost::and), number)
}

/// The spec as the candidate of the run has it.
fn own<'a>(spec: &'a ModelSelectionSpec, run: &RunStatus) -> Option<Cow<'a, ModelSelectionSpec>> {
    let candidate = spec.candidates.iter().find(|candidate| candidate.name == run.candidate)?;
    for_candidate(spec, candidate).ok()
}

fn bound_of(spec: &ModelSelectionSpec, tries: f64) -> Option<Cost> {
    let jobs = spec.tuning.max_training_jobs.zip(spec.training.max_runtime_seconds);
    let by_jobs = jobs.map(|(jobs, seconds)| f64::from(jobs) * f64::from(seconds));
    let parallel = f64::from(spec.tuning.max_parallel_training_jobs.unwrap_or(1));
    let by_tuning = spec.tuning.max_runtime_seconds.map(|seconds| f64::from(seconds) * parallel);
    let least = by_jobs.into_iter().chain(by_tuning).reduce(f64::min)?;
    Some(cost(spec, least * tries))
}

fn expected_of(spec: &ModelSelectionSpec, run: &RunStatus, history: &[&RunStatus]) -> Option<Cost> {
    let like = |old: &&&RunStatus| match &run.model_id {
        Some(model) => old.model_id.as_ref() == Some(model),
        None => old.model_id.is_none() && old.candidate == run.candidate,
    };
    let ended = history.iter().filter(like).filter_map(|old| old.best.as_ref());
    let same = ended.filter(|best| best.instance_type.as_ref() == Some(&spec.training.instance_type));
    let seconds: Vec<f64> = same.filter_map(|best| best.billable_seconds).map(f64::from).collect();
    let jobs = f64::from(spec.tuning.max_training_jobs?);
    #[allow(clippy::cast_precision_loss)] // at most some thousand runs
    let mean = (!seconds.is_empty()).then(|| seconds.iter().sum::<f64>() / seconds.len() as f64)?;
    Some(cost(spec, mean * jobs))
}

/// What training jobs cost that take `seconds` together.
fn cost(spec: &ModelSelectionSpec, seconds: f64) -> Cost {
    let hours = seconds * f64::from(spec.training.instance_count.unwrap_or(1)) / 3600.0;
    let price = spec.prices.get(&spec.training.instance_type).and_then(|price| parse_decimal(price));
    Cost { hours, money: price.map(|price| price * hours) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(candidate: &str) -> RunStatus {
        RunStatus { candidate: candidate.to_owned(), ..RunStatus::default() }
    }

    /// Two candidates of two training jobs of at most two hours, on instances of 4 an hour.
    fn spec() -> ModelSelectionSpec {
        let mut spec = samples::spec();
        spec.training.max_runtime_seconds = Some(7200);
        spec.prices.insert("ml.p3.2xlarge".into(), "4".into());
        spec
    }

    #[test]
    fn the_bound_follows_every_limit() {
        let (first, second) = (run("mobilenet"), run("own"));
        let both = [&first, &second];
        let bounded = |edit: fn(&mut ModelSelectionSpec)| {
            let mut spec = spec();
            edit(&mut spec);
            bound(&spec, &both)
        };
        let hours = |hours: f64| Some(Cost { hours, money: Some(hours * 4.0) });
        assert_eq!(bounded(|_| ()), hours(8.0));
        assert_eq!(bounded(|spec| spec.retries = 1), hours(16.0));
        assert_eq!(bounded(|spec| spec.training.instance_count = Some(3)), hours(24.0));
        assert_eq!(bounded(|spec| spec.tuning.max_runtime_seconds = Some(3600)), hours(2.0));
        assert_eq!(bounded(|spec| spec.training.max_runtime_seconds = None), None);
        assert_eq!(bound(&spec(), &[]), None);
    }

    #[test]
    fn what_a_candidate_overrides_counts_for_it_alone() {
        let mut spec = spec();
        let other = json!({"instanceType": "ml.g5.xlarge", "maxRuntimeSeconds": 3600});
        spec.candidates[1].overrides.training = serde_json::from_value(other).unwrap();
        let (first, second) = (run("mobilenet"), run("own"));
        assert_eq!(bound(&spec, &[&first, &second]), Some(Cost { hours: 6.0, money: None }), "one price is unknown");
        spec.prices.insert("ml.g5.xlarge".into(), "1".into());
        assert_eq!(bound(&spec, &[&first, &second]), Some(Cost { hours: 6.0, money: Some(18.0) }));
    }

    #[test]
    fn only_runs_of_the_same_model_and_instance_type_say_what_to_expect() {
        let best = |instance: &str, seconds| api::BestTrainingJob {
            instance_type: Some(instance.into()),
            billable_seconds: Some(seconds),
            ..Default::default()
        };
        let ended = |instance, seconds| RunStatus { best: Some(best(instance, seconds)), ..run("own") };
        let history = [ended("ml.p3.2xlarge", 900), ended("ml.p3.2xlarge", 2700), ended("ml.g5.xlarge", 9000)];
        let history: Vec<&RunStatus> = history.iter().collect();
        let (other, same) = (run("mobilenet"), run("own"));
        // Two training jobs of half an hour.
        let hour = Some(Cost { hours: 1.0, money: Some(4.0) });
        assert_eq!(expected(&spec(), &[&other, &same], &history), (hour, 1));
        assert_eq!(expected(&spec(), &[&other], &history), (None, 0));
    }
}
