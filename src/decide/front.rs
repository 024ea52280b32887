//! The fronts: from runs and their metrics to Pareto sets.

use std::collections::BTreeMap;

use super::derived::{Derivations, Derived};
use crate::api::{
    BestTrainingJob, Constraint, Dataset, Excluded, ExclusionReason, Front, FrontMember, Goal, MetricValue,
    ModelSelectionSpec, Objective, ObjectiveValue, RunState, RunStatus, clip, decimal, parse_decimal,
};
use crate::pareto::{self, Direction};

/// Longest message of an exclusion, as in the schema.
const MESSAGE_MAX: usize = 512;

/// Sets the Pareto rank of each run, and returns the front of each dataset, in the order of the spec.
pub fn fronts(spec: &ModelSelectionSpec, runs: &mut [RunStatus]) -> Vec<Front> {
    for run in runs.iter_mut() {
        run.pareto_rank = None;
    }
    let directions: Vec<Direction> = spec.objectives.iter().map(|objective| direction(objective.goal)).collect();
    let derivations = Derivations::new(spec);
    spec.datasets.iter().map(|dataset| front(spec, dataset, &derivations, &directions, runs)).collect()
}

fn front(
    spec: &ModelSelectionSpec,
    dataset: &Dataset,
    derivations: &Derivations<'_>,
    directions: &[Direction],
    runs: &mut [RunStatus],
) -> Front {
    let mut eligible: Vec<(usize, Vec<f64>)> = Vec::new();
    let mut excluded = Vec::new();
    for (index, run) in runs.iter().enumerate().filter(|(_, run)| run.dataset == dataset.name && run.state.ended()) {
        match values(&spec.objectives, &spec.constraints, run, |best| derivations.of(dataset, best)) {
            Ok(values) => eligible.push((index, values)),
            Err((reason, message)) => {
                let message = clip(&message, MESSAGE_MAX);
                excluded.push(Excluded { candidate: run.candidate.clone(), reason, message });
            }
        }
    }
    let points: Vec<&[f64]> = eligible.iter().map(|(_, values)| values.as_slice()).collect();
    for ((index, _), rank) in eligible.iter().zip(pareto::ranks(&points, directions)) {
        runs[*index].pareto_rank = i32::try_from(rank).ok();
    }
    // The order of the spec breaks ties, so equal results give equal bytes.
    let mut members = pareto::front(&points, directions);
    members.sort_by(|&a, &b| best_first(points[a], points[b], directions).then(eligible[a].0.cmp(&eligible[b].0)));
    let front: Vec<&[f64]> = members.iter().map(|&member| points[member]).collect();
    let reference =
        pareto::reference(&points, directions).map(|point| point.into_iter().map(without_noise).collect::<Vec<_>>());
    Front {
        dataset: dataset.name.clone(),
        recommended: pareto::knee(&front, directions).map(|knee| runs[eligible[members[knee]].0].candidate.clone()),
        hypervolume: reference
            .as_ref()
            .filter(|_| affordable(front.len(), directions.len()))
            .and_then(|reference| decimal(without_noise(pareto::hypervolume(&front, directions, reference)))),
        reference: reference.map(|point| named(&spec.objectives, &point)).unwrap_or_default(),
        members: members
            .iter()
            .map(|&member| FrontMember {
                candidate: runs[eligible[member].0].candidate.clone(),
                training_job_name: None,
                values: named(&spec.objectives, points[member]),
            })
            .collect(),
        excluded,
        ..Front::default()
    }
}

/// The values of the objectives, or why the run cannot be considered. The first reason found counts: state, then
/// objectives, then constraints, each in the order of the spec.
fn values(
    objectives: &[Objective],
    constraints: &[Constraint],
    run: &RunStatus,
    derived: impl Fn(&BestTrainingJob) -> Derived,
) -> Result<Vec<f64>, (ExclusionReason, String)> {
    let (Some(best), RunState::Succeeded) = (&run.best, run.state) else {
        let why = run.message.clone().unwrap_or_else(|| "the run did not succeed".to_owned());
        return Err((ExclusionReason::RunNotSucceeded, why));
    };
    let metrics: BTreeMap<&str, &MetricValue> =
        best.derived_metrics.iter().chain(&best.metrics).map(|metric| (metric.name.as_str(), metric)).collect();
    let metric = |name: &str| -> Result<f64, (ExclusionReason, String)> {
        if best.non_finite_metrics.iter().any(|n| n == name) {
            return Err((ExclusionReason::MetricNotFinite, format!("the final value of '{name}' is no finite number")));
        }
        metrics.get(name).and_then(|metric| parse_decimal(&metric.value)).ok_or_else(|| {
            if let Some(failure) = derived(best).failure(name) {
                return failure;
            }
            let message = format!(
                "the best training job did not emit '{name}'; check its regex in `training.metricDefinitions` against \
                 the logs, and that the dataset has the channel that it is measured on"
            );
            (ExclusionReason::MetricMissing, message)
        })
    };
    let values = objectives.iter().map(|objective| metric(&objective.metric)).collect::<Result<Vec<f64>, _>>()?;
    for Constraint { metric: name, min, max } in constraints {
        let value = metric(name)?;
        let bound = |text: &Option<String>| text.as_deref().and_then(parse_decimal);
        let text = |value: f64| decimal(value).unwrap_or_default();
        let broken = match (bound(min), bound(max)) {
            (Some(min), _) if value < min => {
                Some(format!("'{name}' is {}, below the minimum {}", text(value), text(min)))
            }
            (_, Some(max)) if value > max => {
                Some(format!("'{name}' is {}, above the maximum {}", text(value), text(max)))
            }
            _ => None,
        };
        if let Some(message) = broken {
            return Err((ExclusionReason::Infeasible, message));
        }
    }
    Ok(values)
}

fn best_first(a: &[f64], b: &[f64], directions: &[Direction]) -> std::cmp::Ordering {
    a.iter()
        .zip(b)
        .zip(directions)
        .map(|((a, b), direction)| match direction {
            Direction::Maximize => b.total_cmp(a),
            Direction::Minimize => a.total_cmp(b),
        })
        .find(|ordering| ordering.is_ne())
        .unwrap_or(std::cmp::Ordering::Equal)
}

/// Whether the exact hypervolume can be had in far less than a second. With six objectives even the largest selection
/// can (512 runs, worst shape: 80 ms); with eight it took 4.5 s, which a pass must not cost.
fn affordable(points: usize, objectives: usize) -> bool {
    objectives <= 6 || points <= 100
}

/// Rounded to 12 digits: what was worked out from 32-bit metrics says no more than that.
pub(super) fn without_noise(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

fn named(objectives: &[Objective], values: &[f64]) -> Vec<ObjectiveValue> {
    objectives
        .iter()
        .zip(values)
        .filter_map(|(objective, value)| {
            Some(ObjectiveValue { metric: objective.metric.clone(), value: decimal(*value)? })
        })
        .collect()
}

fn direction(goal: Goal) -> Direction {
    match goal {
        Goal::Maximize => Direction::Maximize,
        Goal::Minimize => Direction::Minimize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Reason;
    use crate::decide::definition::tests::spec;

    fn run(candidate: &str, metrics: &[(&str, &str)]) -> RunStatus {
        RunStatus {
            candidate: candidate.into(),
            dataset: "caltech256".into(),
            state: RunState::Succeeded,
            best: Some(BestTrainingJob {
                metrics: metrics.iter().map(|(n, v)| MetricValue { name: (*n).into(), value: (*v).into() }).collect(),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    fn both(candidate: &str, accuracy: &str, throughput: &str) -> RunStatus {
        run(candidate, &[("test_accuracy", accuracy), ("test_throughput", throughput)])
    }

    fn members(front: &Front) -> Vec<&str> {
        front.members.iter().map(|member| member.candidate.as_str()).collect()
    }

    #[test]
    fn the_front_is_ordered_ranked_and_has_a_knee() {
        let mut runs = [
            both("fast", "0.6", "50"),
            both("dominated", "0.6", "40"),
            both("accurate", "0.96", "0.3"),
            both("balanced", "0.9", "40"),
            both("twin", "0.9", "40"),
        ];
        let front = &fronts(&spec(), &mut runs)[0];
        assert_eq!(members(front), ["accurate", "balanced", "twin", "fast"]);
        assert_eq!(front.recommended.as_deref(), Some("balanced"));
        assert!(front.hypervolume.is_some() && front.reference.len() == 2 && front.excluded.is_empty());
        let ranks: Vec<_> = runs.iter().map(|run| run.pareto_rank.unwrap()).collect();
        assert_eq!(ranks, [0, 1, 0, 0, 0]);
    }

    #[test]
    fn the_direction_of_each_objective_counts() {
        let mut spec = spec();
        spec.objectives[1].goal = Goal::Minimize;
        let mut runs = [both("a", "0.9", "10"), both("b", "0.9", "5"), both("c", "0.8", "20")];
        assert_eq!(members(&fronts(&spec, &mut runs)[0]), ["b"]);
    }

    #[test]
    fn runs_without_a_usable_result_are_listed_with_the_reason() {
        let mut spec = spec();
        spec.constraints =
            vec![Constraint { metric: "test_accuracy".into(), min: Some("0.6".into()), max: Some("0.99".into()) }];
        let mut not_finite = run("not-finite", &[("test_accuracy", "0.9")]);
        not_finite.best.as_mut().unwrap().non_finite_metrics.push("test_throughput".into());
        let failed = RunStatus { best: None, ..both("failed", "1", "1") }.with(
            RunState::Failed,
            Some(Reason::TuningJobFailed),
            Some("the tuning job failed"),
        );
        let mut runs = [
            both("good", "0.6", "1"),
            both("low", "0.59", "99"),
            both("high", "1", "99"),
            run("missing", &[("test_accuracy", "0.9")]),
            not_finite,
            failed,
            RunStatus { state: RunState::Running, ..both("running", "1", "100") },
        ];
        let front = &fronts(&spec, &mut runs)[0];
        assert_eq!(members(front), ["good"]);
        let reasons: Vec<_> = front.excluded.iter().map(|e| (e.candidate.as_str(), e.reason)).collect();
        assert_eq!(
            reasons,
            [
                ("low", ExclusionReason::Infeasible),
                ("high", ExclusionReason::Infeasible),
                ("missing", ExclusionReason::MetricMissing),
                ("not-finite", ExclusionReason::MetricNotFinite),
                ("failed", ExclusionReason::RunNotSucceeded),
            ]
        );
        assert!(runs[1..].iter().all(|run| run.pareto_rank.is_none()));
    }

    #[test]
    fn no_runs_and_one_run() {
        let front = &fronts(&spec(), &mut [])[0];
        assert!(front.members.is_empty() && front.recommended.is_none() && front.hypervolume.is_none());
        let front = &fronts(&spec(), &mut [both("only", "0.9", "1")])[0];
        assert_eq!((members(front), front.recommended.as_deref()), (vec!["only"], Some("only")));
    }

    #[test]
    fn datasets_have_fronts_of_their_own() {
        let mut spec = spec();
        let mut second = spec.datasets[0].clone();
        second.name = "flowers".into();
        spec.datasets.push(second);
        let mut runs = [both("a", "0.9", "1"), RunStatus { dataset: "flowers".into(), ..both("b", "0.1", "0.1") }];
        let fronts = fronts(&spec, &mut runs);
        assert_eq!((members(&fronts[0]), members(&fronts[1])), (vec!["a"], vec!["b"]));
    }
}
