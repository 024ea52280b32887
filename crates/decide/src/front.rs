//! The fronts: from runs and their metrics to Pareto sets.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::derived::{Derivations, Derived};
use api::{
    BestTrainingJob, Collect, Constraint, Dataset, Excluded, ExclusionReason, Front, FrontMember, Goal, MetricValue,
    ModelSelectionSpec, ModelSelectionStatus, Objective, ObjectiveValue, RunState, RunStatus, bounds, clip, decimal,
    parse_decimal,
};
use pareto::{self, Direction};

/// Most members that a front lists, as in the schema.
const MEMBERS_MAX: usize = 512;
/// Values that the members of all fronts may list together, some 60 bytes each: etcd takes 1.5 MiB in all. Members that
/// are the best of their runs never come to more than 512 runs times 8 objectives.
pub(super) const VALUES_MAX: usize = 4096;

/// The training jobs of runs, by the name of the tuning job, ordered by their names. The runs that have no table here are
/// represented by their best training job.
pub type Tables = HashMap<String, Arc<[BestTrainingJob]>>;

/// What all fronts follow from.
struct Data<'a> {
    spec: &'a ModelSelectionSpec,
    runs: &'a [RunStatus],
    tables: &'a Tables,
    derivations: Derivations<'a>,
}

/// A training job that may enter the front, with the index of its run and the values of the objectives.
struct Point<'a> {
    run: usize,
    training_job: &'a BestTrainingJob,
    values: Vec<f64>,
}

/// Why something is not considered.
type Exclusion = (ExclusionReason, String);

/// Whether the fronts of `last` are those of `runs` at `generation`: nothing that they follow from has changed. The
/// tables of ended runs do not change.
pub fn stand(last: &ModelSelectionStatus, generation: Option<i64>, runs: &[RunStatus]) -> bool {
    fn result(run: &RunStatus) -> impl PartialEq + '_ {
        let RunStatus { candidate, dataset, state, message, best, trials, .. } = run;
        (candidate, dataset, state.ended().then_some((*state, message, best, trials)))
    }
    last.observed_generation == generation && last.runs.iter().map(result).eq(runs.iter().map(result))
}

/// Sets the Pareto rank of each run, and returns the front of each dataset, in the order of the spec.
pub fn fronts(spec: &ModelSelectionSpec, runs: &mut [RunStatus], tables: &Tables) -> Vec<Front> {
    let directions: Vec<Direction> = spec.objectives.iter().map(|objective| direction(objective.goal)).collect();
    let data = Data { spec, runs, tables, derivations: Derivations::new(spec) };
    let mut ranks = vec![None; runs.len()];
    let fronts = spec.datasets.iter().map(|dataset| front(&data, dataset, &directions, &mut ranks)).collect();
    for (run, rank) in runs.iter_mut().zip(ranks) {
        run.pareto_rank = rank;
    }
    bounded(fronts, directions.len())
}

fn front(data: &Data<'_>, dataset: &Dataset, directions: &[Direction], ranks: &mut [Option<i32>]) -> Front {
    let Data { spec, runs, .. } = *data;
    let mut considered: Vec<Point<'_>> = Vec::new();
    let mut excluded = Vec::new();
    for (index, run) in runs.iter().enumerate().filter(|(_, run)| run.dataset == dataset.name && run.state.ended()) {
        match points_of(data, dataset, index, run) {
            Ok(points) => considered.extend(points),
            Err((reason, message)) => {
                let message = clip(&message, bounds::MESSAGE);
                excluded.push(Excluded { candidate: run.candidate.clone(), reason, message });
            }
        }
    }
    let points: Vec<&[f64]> = considered.iter().map(|point| point.values.as_slice()).collect();
    for (point, rank) in considered.iter().zip(pareto::ranks(&points, directions)) {
        let rank = i32::try_from(rank).unwrap_or(bounds::PARETO_RANK).min(bounds::PARETO_RANK);
        let best = &mut ranks[point.run];
        *best = Some(best.map_or(rank, |best| best.min(rank)));
    }
    // Ties go by the order of the spec, then by the training job's name, which is the order of the points: so equal
    // results give equal bytes.
    let mut members = pareto::front(&points, directions);
    members.sort_by(|&a, &b| best_first(points[a], points[b], directions).then(a.cmp(&b)));
    let front: Vec<&[f64]> = members.iter().map(|&member| points[member]).collect();
    let reference =
        pareto::reference(&points, directions).map(|point| point.into_iter().map(without_noise).collect::<Vec<_>>());
    let candidate = |point: &Point<'_>| runs[point.run].candidate.clone();
    let training_job =
        |point: &Point<'_>| (spec.collect == Collect::All).then(|| point.training_job.training_job_name.clone());
    let recommended = pareto::knee(&front, directions).map(|knee| &considered[members[knee]]);
    Front {
        dataset: dataset.name.clone(),
        recommended: recommended.map(candidate),
        recommended_training_job_name: recommended.and_then(training_job),
        hypervolume: reference
            .as_ref()
            .filter(|_| affordable(front.len(), directions.len()))
            .and_then(|reference| decimal(without_noise(pareto::hypervolume(&front, directions, reference)))),
        reference: reference.map(|point| named(&spec.objectives, &point)).unwrap_or_default(),
        omitted_members: i32::try_from(members.len().saturating_sub(MEMBERS_MAX)).unwrap_or(i32::MAX),
        members: members
            .iter()
            .take(MEMBERS_MAX)
            .map(|&member| &considered[member])
            .map(|point| FrontMember {
                candidate: candidate(point),
                training_job_name: training_job(point),
                values: named(&spec.objectives, &point.values),
            })
            .collect(),
        excluded,
    }
}

/// The training jobs of a run that are considered for the front: its best one, and those of its table. The best one need not
/// be in the table: it may be that of a parent of a warm start. When none can be considered, the reason of the best one
/// stands for all.
fn points_of<'a>(
    data: &Data<'a>,
    dataset: &Dataset,
    index: usize,
    run: &'a RunStatus,
) -> Result<Vec<Point<'a>>, Exclusion> {
    let (Some(best), RunState::Succeeded) = (&run.best, run.state) else {
        let why = run.message.clone().unwrap_or_else(|| "the run did not succeed".to_owned());
        return Err((ExclusionReason::RunNotSucceeded, why));
    };
    let point = |training_job| {
        let derived = data.derivations.of(dataset, training_job);
        let values = values(data.spec, training_job, &derived)?;
        Ok(Point { run: index, training_job, values })
    };
    let table = run.tuning_job_name.as_ref().and_then(|job| data.tables.get(job));
    let table = table.map_or(&[][..], |table| table);
    // In the order of the names.
    let name = &best.training_job_name;
    let before = table.partition_point(|training_job| training_job.training_job_name < *name);
    let (before, after) = table.split_at(before);
    let missing = after.first().is_none_or(|next| next.training_job_name != *name).then_some(best);
    let points: Vec<Point<'_>> = before.iter().chain(missing).chain(after).flat_map(point).collect();
    if points.is_empty() { Ok(vec![point(best)?]) } else { Ok(points) }
}

/// The values of the objectives, or why the training job cannot be considered. The first reason found counts:
/// objectives, then constraints, each in the order of the spec.
fn values(spec: &ModelSelectionSpec, best: &BestTrainingJob, derived: &Derived) -> Result<Vec<f64>, Exclusion> {
    let metrics: BTreeMap<&str, &MetricValue> =
        derived.values.iter().chain(&best.metrics).map(|metric| (metric.name.as_str(), metric)).collect();
    let metric = |name: &str| -> Result<f64, Exclusion> {
        if best.non_finite_metrics.iter().any(|n| n == name) {
            return Err((ExclusionReason::MetricNotFinite, format!("the final value of '{name}' is no finite number")));
        }
        metrics.get(name).and_then(|metric| parse_decimal(&metric.value)).ok_or_else(|| {
            if let Some(failure) = derived.failure(name) {
                return failure;
            }
            if crate::training_job::is_deleted(best) {
                let why = "the best training job no longer exists at SageMaker, so that its metrics are not known; change \
                           `rerun` to run it again, or name another tuning job where one is attached";
                return (ExclusionReason::MetricMissing, why.to_owned());
            }
            // That of a preset or of a model is not the user's to correct.
            let candidates = spec.candidates.iter().flat_map(|candidate| &candidate.metric_definitions);
            let own = spec.training.metric_definitions.iter().chain(candidates).any(|metric| metric.name == name);
            let regex = if own { "check its regex in `metricDefinitions` against the logs, and " } else { "check " };
            let message = format!(
                "the best training job did not emit '{name}'; {regex}that the dataset has the channel that it is measured on"
            );
            (ExclusionReason::MetricMissing, message)
        })
    };
    let values = spec.objectives.iter().map(|objective| metric(&objective.metric)).collect::<Result<Vec<f64>, _>>()?;
    for Constraint { metric: name, min, max } in &spec.constraints {
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

/// Lists fewer members of the longest fronts, as far as all together would make the status too large.
fn bounded(mut fronts: Vec<Front>, objectives: usize) -> Vec<Front> {
    let mut most = MEMBERS_MAX;
    let listed = |most: usize| fronts.iter().map(|front| front.members.len().min(most)).sum::<usize>();
    while listed(most) * objectives > VALUES_MAX && most > 1 {
        most = most * 3 / 4;
    }
    for front in &mut fronts {
        let more = front.members.len().saturating_sub(most);
        front.omitted_members += i32::try_from(more).unwrap_or(i32::MAX);
        front.members.truncate(most);
    }
    fronts
}

/// Whether the exact hypervolume can be had in far less than a second, also of the worst shape: 75,000 points with two
/// objectives take 4 ms, 10,000 with three 70 ms, 512 with six 80 ms; 512 with eight took 4.5 s, which a pass must not cost.
fn affordable(points: usize, objectives: usize) -> bool {
    points
        <= match objectives {
            0..=2 => usize::MAX,
            3 => 10_000,
            4..=6 => 512,
            _ => 100,
        }
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
pub(super) mod tests {
    use super::*;
    use crate::observation::TrainingResult;
    use api::Reason;
    use samples::spec;

    pub(crate) fn run(candidate: &str, metrics: &[(&str, &str)]) -> RunStatus {
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

    pub(crate) fn both(candidate: &str, accuracy: &str, throughput: &str) -> RunStatus {
        run(candidate, &[("test_accuracy", accuracy), ("test_throughput", throughput)])
    }

    pub(crate) fn members(front: &Front) -> Vec<&str> {
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
        assert_eq!(members(&fronts(&spec, &mut runs, &Tables::new())[0]), ["b"]);
    }

    #[test]
    fn runs_without_a_usable_result_are_listed_with_the_reason() {
        let mut spec = spec();
        spec.constraints =
            vec![Constraint { metric: "test_accuracy".into(), min: Some("0.6".into()), max: Some("0.99".into()) }];
        let mut not_finite = run("not-finite", &[("test_accuracy", "0.9")]);
        not_finite.best.as_mut().unwrap().non_finite_metrics.push("test_throughput".into());
        // As the run is when its best training job was not found.
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
    fn the_best_training_job_counts_also_when_the_table_lacks_it() {
        let named = |name: &str, accuracy: &str, throughput: &str| {
            let best = both("c", accuracy, throughput).best.unwrap();
            BestTrainingJob { training_job_name: name.into(), ..best }
        };
        let spec = ModelSelectionSpec { collect: Collect::All, ..spec() };
        let run = RunStatus {
            tuning_job_name: Some("job".into()),
            best: Some(named("b", "0.9", "1")),
            ..both("c", "0", "0")
        };
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
        assert!(front.members.is_empty() && front.recommended.is_none() && front.hypervolume.is_none());
        let front = &fronts(&spec(), &mut [both("only", "0.9", "1")], &Tables::new())[0];
        assert_eq!((members(front), front.recommended.as_deref()), (vec!["only"], Some("only")));
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
}
