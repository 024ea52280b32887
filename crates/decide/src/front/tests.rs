//! Fronts of the best training jobs.

mod own_split;
mod scales;
mod trials;

use super::{Tables, fronts};
use crate::observation::TrainingResult;
use api::{
    BestTrainingJob, Collect, Constraint, ExclusionReason, Front, Goal, MetricValue, ModelSelectionSpec, Reason,
    RunState, RunStatus,
};
use samples::spec;

pub(super) fn run(candidate: &str, metrics: &[(&str, &str)]) -> RunStatus {
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

pub(super) fn both(candidate: &str, accuracy: &str, throughput: &str) -> RunStatus {
    run(candidate, &[("test_accuracy", accuracy), ("test_throughput", throughput)])
}

pub(super) fn recommended(front: &Front) -> Option<&str> {
    front.recommendation.as_ref()?.candidate.as_deref()
}

pub(super) fn members(front: &Front) -> Vec<&str> {
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
    let front = &fronts(&spec(), &mut runs, &Tables::new())[0];
    assert_eq!(members(front), ["accurate", "balanced", "twin", "fast"]);
    assert_eq!(recommended(front), Some("balanced"));
    assert!(front.hypervolume.is_some() && front.reference.len() == 2 && front.excluded.is_empty());
    let ranks: Vec<_> = runs.iter().map(|run| run.pareto_rank.unwrap()).collect();
    assert_eq!(ranks, [0, 1, 0, 0, 0]);
}

#[test]
fn the_direction_of_each_objective_counts() {
    let mut spec = spec();
    spec.objectives[1].goal = Goal::Minimize;
    let mut runs = [both("a", "0.9", "10"), both("b", "0.9", "5"), both("c", "0.8", "20")];
    assert_eq!(members(&fronts(&spec, &mut runs, &Tables::new())[0]), ["b"]);
}

#[test]
fn runs_without_a_usable_result_are_listed_with_the_reason() {
    let mut spec = spec();
    spec.constraints =
        vec![Constraint { metric: "test_accuracy".into(), min: Some("0.6".into()), max: Some("0.99".into()) }];
    let mut not_finite = run("not-finite", &[("test_accuracy", "0.9")]);
    not_finite.best.as_mut().unwrap().non_finite_metrics.push("test_throughput".into());
    // The state of a run whose best training job was not found.
    let deleted = crate::training_job::trial("t-001", [].into(), &TrainingResult::default());
    let deleted = RunStatus { best: Some(deleted), ..run("deleted", &[]) };
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
        deleted,
        not_finite,
        failed,
        RunStatus { state: RunState::Running, ..both("running", "1", "100") },
    ];
    let front = &fronts(&spec, &mut runs, &Tables::new())[0];
    assert_eq!(members(front), ["good"]);
    let reasons: Vec<_> = front.excluded.iter().map(|e| (e.candidate.as_str(), e.reason)).collect();
    assert_eq!(
        reasons,
        [
            ("low", ExclusionReason::Infeasible),
            ("high", ExclusionReason::Infeasible),
            ("missing", ExclusionReason::MetricMissing),
            ("deleted", ExclusionReason::MetricMissing),
            ("not-finite", ExclusionReason::MetricNotFinite),
            ("failed", ExclusionReason::RunNotSucceeded),
        ]
    );
    assert!(front.excluded[2].message.contains("did not emit 'test_throughput'"));
    assert!(front.excluded[3].message.contains("no longer exists"), "{}", front.excluded[3].message);
    assert!(runs[1..].iter().all(|run| run.pareto_rank.is_none()));
}

#[test]
fn the_best_training_job_counts_even_if_the_table_lacks_it() {
    let named = |name: &str, accuracy: &str, throughput: &str| {
        let best = both("c", accuracy, throughput).best.unwrap();
        BestTrainingJob { training_job_name: name.into(), ..best }
    };
    let spec = ModelSelectionSpec { collect: Collect::All, ..spec() };
    let run =
        RunStatus { tuning_job_name: Some("job".into()), best: Some(named("b", "0.9", "1")), ..both("c", "0", "0") };
    let front_with = |table: Vec<BestTrainingJob>| {
        let tables = Tables::from([("job".to_owned(), table.into())]);
        let front = fronts(&spec, &mut [run.clone()], &tables).remove(0);
        front.members.into_iter().filter_map(|member| member.training_job_name).collect::<Vec<_>>()
    };
    assert_eq!(front_with(vec![named("a", "0.8", "2"), named("c", "0.7", "3")]), ["b", "a", "c"]);
    assert_eq!(front_with(vec![named("a", "0.9", "1"), named("c", "0.9", "1")]), ["a", "b", "c"], "ties, by name");
    assert_eq!(front_with(vec![named("a", "0.8", "2"), named("b", "0.9", "1")]), ["b", "a"], "only once");
    assert_eq!(front_with(vec![]), ["b"]);
}

#[test]
fn no_runs_and_one_run() {
    let front = &fronts(&spec(), &mut [], &Tables::new())[0];
    assert!(front.members.is_empty() && front.recommendation.is_none() && front.hypervolume.is_none());
    let front = &fronts(&spec(), &mut [both("only", "0.9", "1")], &Tables::new())[0];
    assert_eq!((members(front), recommended(front)), (vec!["only"], Some("only")));
}

#[test]
fn datasets_have_fronts_of_their_own() {
    let mut spec = spec();
    let mut second = spec.datasets[0].clone();
    second.name = "flowers".into();
    spec.datasets.push(second);
    let mut runs = [both("a", "0.9", "1"), RunStatus { dataset: "flowers".into(), ..both("b", "0.1", "0.1") }];
    let fronts = fronts(&spec, &mut runs, &Tables::new());
    assert_eq!((members(&fronts[0]), members(&fronts[1])), (vec!["a"], vec!["b"]));
}
