//! The short fields of the status, for people and printer columns.

use super::derived::metrics_used;
use crate::api::{Counts, Front, ModelSelectionSpec, RunState, RunStatus};

/// Metric values that a status may hold, some 50 bytes each: etcd takes 1.5 MiB in all.
const METRICS_MAX: usize = 8000;

/// Leaves out of the runs, when the status would grow too large, the metrics that nothing in the spec refers to. They
/// stay at SageMaker.
pub fn bounded(spec: &ModelSelectionSpec, runs: &mut [RunStatus]) {
    let total: usize = runs.iter().filter_map(|run| run.best.as_ref()).map(|best| best.metrics.len()).sum();
    if total <= METRICS_MAX {
        return;
    }
    let objectives = spec.objectives.iter().map(|objective| &objective.metric);
    let constraints = spec.constraints.iter().map(|constraint| &constraint.metric);
    let derived = metrics_used(spec);
    let kept: Vec<&String> =
        objectives.chain(constraints).chain([&spec.tuning.objective.metric]).chain(&derived).collect();
    for best in runs.iter_mut().filter_map(|run| run.best.as_mut()) {
        best.metrics.retain(|metric| kept.contains(&&metric.name));
    }
}

/// Numbers of runs by state.
pub fn counts(runs: &[RunStatus]) -> Counts {
    let count = |wanted: fn(RunState) -> bool| {
        i32::try_from(runs.iter().filter(|run| wanted(run.state)).count()).unwrap_or(i32::MAX)
    };
    Counts {
        total: count(|_| true),
        waiting: count(|state| state == RunState::Waiting),
        running: count(RunState::active),
        succeeded: count(|state| state == RunState::Succeeded),
        failed: count(|state| state == RunState::Failed),
        stopped: count(|state| state == RunState::Stopped),
    }
}

/// `ended/total`.
pub fn progress(counts: &Counts) -> String {
    format!("{}/{}", counts.succeeded + counts.failed + counts.stopped, counts.total)
}

/// The sizes of the fronts, such as `20` or `20,7`; `None` while all are empty.
pub fn front_sizes(fronts: &[Front]) -> Option<String> {
    let size = |front: &Front| front.members.len() + usize::try_from(front.omitted_members).unwrap_or_default();
    let sizes: Vec<String> = fronts.iter().map(|front| size(front).to_string()).collect();
    sizes.iter().any(|size| size != "0").then(|| sizes.join(","))
}

/// Such as `12 of 21 runs ended: 11 succeeded, 1 failed; 8 run, 1 waits`; nothing is said of zeros.
pub fn sentence(counts: &Counts) -> String {
    let Counts { total, waiting, running, succeeded, failed, stopped } = *counts;
    let list = |parts: &[(i32, &str)]| {
        let words: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        words.join(", ")
    };
    let ended = list(&[(succeeded, "succeeded"), (failed, "failed"), (stopped, "stopped")]);
    let open = list(&[(running, "running"), (waiting, "waiting")]);
    let mut text = format!("{} of {total} runs ended", succeeded + failed + stopped);
    if !ended.is_empty() {
        text += &format!(": {ended}");
    }
    if !open.is_empty() {
        text += &format!("; {open}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_grows_too_large_keeps_the_metrics_that_count() {
        use crate::api::{BestTrainingJob, MetricValue};
        let mut spec = crate::decide::definition::tests::spec();
        let expression = "metrics['a-latency'] * 2".to_owned();
        spec.derived_metrics = vec![crate::api::DerivedMetric { name: "derived".into(), expression }];
        let names = ["a-latency", "test_accuracy", "test_throughput", "val_accuracy"].map(str::to_owned);
        let others = (0..36).map(|n| format!("other_{n}"));
        let metrics: Vec<MetricValue> =
            names.iter().cloned().chain(others).map(|name| MetricValue { name, value: "1".into() }).collect();
        let run = RunStatus { best: Some(BestTrainingJob { metrics, ..Default::default() }), ..Default::default() };
        let mut few = vec![run.clone(); 200];
        bounded(&spec, &mut few);
        assert_eq!(few[0].best.as_ref().unwrap().metrics.len(), 40);
        let mut many = vec![run; 512];
        bounded(&spec, &mut many);
        let kept: Vec<&String> = many[511].best.as_ref().unwrap().metrics.iter().map(|metric| &metric.name).collect();
        assert_eq!(kept, names.iter().collect::<Vec<_>>());
    }

    #[test]
    fn sentences_leave_out_zeros() {
        let counts = Counts { total: 21, waiting: 1, running: 8, succeeded: 11, failed: 1, stopped: 0 };
        assert_eq!(sentence(&counts), "12 of 21 runs ended: 11 succeeded, 1 failed; 8 running, 1 waiting");
        assert_eq!(progress(&counts), "12/21");
        assert_eq!(sentence(&Counts { total: 2, waiting: 2, ..Counts::default() }), "0 of 2 runs ended; 2 waiting");
    }
}
