//! Makes a status fit into one object of etcd. The limits of [`super::status_bounds`] hold for each value; hundreds of
//! runs with many hyperparameters and long names can still be too large together. etcd would then refuse every status,
//! and the selection would make no progress.
//!
//! SageMaker keeps what is left out. What the spec uses stays, so that the next pass decides the same.

use std::collections::BTreeSet;
use std::io;

use api::{BestTrainingJob, ModelSelectionSpec, ModelSelectionStatus, RunStatus};
use serde::Serialize;

use super::derived::Derivations;
use super::status_bounds::keep_metrics;

/// Largest object that etcd takes by default (`--max-request-bytes`), in bytes.
const OBJECT: usize = 1_572_864;
/// Room for the metadata and for what is written before the results are known: messages, conditions, jobs to stop.
const REST: usize = 150_000;
/// The smallest limit, for a spec that takes nearly all of the object.
const LEAST: usize = 300_000;

/// Leaves out what the status can do without, in this order and only as far as needed: hyperparameters and metrics of
/// runs that are not on a front, hyperparameters and metrics of those that are not recommended, derived metrics.
/// Hyperparameters and metrics that the spec uses stay.
pub fn fit(status: &mut ModelSelectionStatus, derivations: &Derivations<'_>) {
    let size = bytes(status);
    if size > LEAST {
        fit_into(most(derivations.spec()), size, status, derivations);
    }
}

/// The runs of a step, and what it leaves out.
type Whose<'a> = &'a dyn Fn(&RunStatus) -> bool;
type Less<'a> = &'a dyn Fn(&mut BestTrainingJob);

/// Most bytes of the status. `kubectl apply` keeps a copy of the spec in an annotation.
fn most(spec: &ModelSelectionSpec) -> usize {
    OBJECT.saturating_sub(REST + 2 * bytes(spec)).max(LEAST)
}

fn fit_into(most: usize, mut size: usize, status: &mut ModelSelectionStatus, derivations: &Derivations<'_>) {
    let (metrics, hyperparameters) = (derivations.metrics_wanted(), derivations.hyperparameters_used());
    let fewer_hyperparameters = |best: &mut BestTrainingJob| {
        best.hyperparameters.retain(|name, _| hyperparameters.contains(name));
        best.fixed_hyperparameters.retain(|name, _| hyperparameters.contains(name));
    };
    let fewer_metrics = |best: &mut BestTrainingJob| keep_metrics(best, &metrics);
    let no_derived = |best: &mut BestTrainingJob| best.derived_metrics.clear();
    let recommended = recommended(status);
    let off_front = |run: &RunStatus| run.pareto_rank != Some(0);
    let not_recommended = |run: &RunStatus| !recommended.contains(&(run.dataset.clone(), run.candidate.clone()));
    let steps: [(Whose<'_>, Less<'_>); 5] = [
        (&off_front, &fewer_hyperparameters),
        (&off_front, &fewer_metrics),
        (&not_recommended, &fewer_hyperparameters),
        (&not_recommended, &fewer_metrics),
        (&not_recommended, &no_derived),
    ];
    for (whose, less) in steps {
        if size <= most {
            return;
        }
        let runs = status.runs.iter_mut().filter(|run| whose(run));
        runs.filter_map(|run| run.best.as_mut()).for_each(less);
        size = bytes(status);
    }
}

/// The dataset and the candidate of each recommended run.
fn recommended(status: &ModelSelectionStatus) -> BTreeSet<(String, String)> {
    let candidate = |front: &api::Front| front.recommendation.as_ref()?.candidate.clone();
    status.fronts.iter().filter_map(|front| Some((front.dataset.clone(), candidate(front)?))).collect()
}

/// The length of the value as JSON, in bytes.
fn bytes(value: &impl Serialize) -> usize {
    let mut counted = Counted(0);
    // Neither the types of the API nor the counter can fail.
    let _ = serde_json::to_writer(&mut counted, value);
    counted.0
}

struct Counted(usize);

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{DerivedMetric, Front, MetricValue, Recommendation, RunState};

    fn value(name: &str) -> MetricValue {
        MetricValue { name: name.to_owned(), value: "0.123456789012".to_owned() }
    }

    fn wanted() -> BTreeSet<String> {
        Derivations::new(&spec()).metrics_wanted()
    }

    fn run(number: usize) -> RunStatus {
        let hyperparameters = (0..20).map(|n| (format!("h{n}"), "0.0123456789".to_owned())).collect();
        let best = BestTrainingJob {
            hyperparameters,
            metrics: wanted().iter().map(String::as_str).chain(["other"]).map(value).collect(),
            derived_metrics: vec![value("d")],
            ..BestTrainingJob::default()
        };
        RunStatus {
            candidate: format!("c{number}"),
            dataset: "d".to_owned(),
            state: RunState::Succeeded,
            pareto_rank: Some(i32::from(number >= 10)),
            best: Some(best),
            ..RunStatus::default()
        }
    }

    fn status() -> ModelSelectionStatus {
        let recommendation = serde_json::json!({"candidate": "c3", "rule": "Knee", "message": ""});
        let recommendation: Recommendation = serde_json::from_value(recommendation).unwrap();
        let front = Front { dataset: "d".to_owned(), recommendation: Some(recommendation), ..Front::default() };
        ModelSelectionStatus {
            runs: (0..500).map(run).collect(),
            fronts: vec![front],
            ..ModelSelectionStatus::default()
        }
    }

    fn spec() -> ModelSelectionSpec {
        let derived_metrics =
            vec![DerivedMetric { name: "d".to_owned(), expression: "hyperparameters.h7 * 2".to_owned() }];
        ModelSelectionSpec { derived_metrics, ..samples::spec() }
    }

    /// The numbers of hyperparameters, metrics and derived metrics of a run.
    fn kept(status: &ModelSelectionStatus, number: usize) -> (usize, usize, usize) {
        let best = status.runs[number].best.as_ref().unwrap();
        (best.hyperparameters.len(), best.metrics.len(), best.derived_metrics.len())
    }

    #[test]
    fn what_the_status_can_do_without_is_left_out_as_far_as_needed() {
        let spec = spec();
        let derivations = Derivations::new(&spec);
        let whole = status();
        let size = bytes(&whole);
        let (few, all) = (wanted().len(), wanted().len() + 1);
        let mut first_step = whole.clone();
        fit_into(size - 1, size, &mut first_step, &derivations);
        // The least limit that each step reaches, and what is kept of a run off the front, on it, and recommended.
        for (most, off_front, on_front) in [
            (size, (20, all, 1), (20, all, 1)),
            (size - 1, (1, all, 1), (20, all, 1)),
            (bytes(&first_step) - 1, (1, few, 1), (20, all, 1)),
            (0, (1, few, 0), (1, few, 0)),
        ] {
            let mut status = whole.clone();
            fit_into(most, size, &mut status, &derivations);
            assert_eq!(kept(&status, 100), off_front, "{most}");
            assert_eq!(kept(&status, 5), on_front, "{most}");
            assert_eq!(kept(&status, 3), (20, all, 1), "the recommended run keeps everything");
            let again = status.clone();
            fit_into(most, bytes(&again), &mut status, &derivations);
            assert_eq!(status, again, "a status that was made to fit stays as it is");
            assert!(!status.runs.iter().any(|run| derivations.lack_input_of(run)), "nothing is read again");
        }
    }

    #[test]
    fn an_ordinary_status_is_left_as_it_is() {
        let spec = spec();
        let mut small = ModelSelectionStatus { runs: (0..21).map(run).collect(), ..status() };
        let before = small.clone();
        fit(&mut small, &Derivations::new(&spec));
        assert_eq!(small, before);
        assert!(most(&spec) > 1_300_000);
    }
}
