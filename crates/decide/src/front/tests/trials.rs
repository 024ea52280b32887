//! Fronts of all training jobs of the runs.

use super::{both, members, recommended, run};
use crate::front::{Tables, VALUES_MAX, are_current, fronts};
use api::{
    BestTrainingJob, Collect, Constraint, DerivedMetric, ExclusionReason, Front, MetricValue, ModelSelectionSpec,
    ModelSelectionStatus, RunState, RunStatus, bounds,
};
use samples::spec;

/// A training job with an accuracy and a throughput.
fn trial(name: &str, accuracy: &str, throughput: &str) -> BestTrainingJob {
    let best = both("", accuracy, throughput).best.unwrap();
    BestTrainingJob { training_job_name: name.into(), ..best }
}

/// A run with its table; the first training job is the best one.
fn tabled(candidate: &str, trials: &[BestTrainingJob], tables: &mut Tables) -> RunStatus {
    tables.insert(candidate.into(), trials.into());
    let best = Some(trials[0].clone());
    RunStatus { tuning_job_name: Some(candidate.into()), best, ..run(candidate, &[]) }
}

fn of_all(spec: &mut ModelSelectionSpec, runs: &mut [RunStatus], tables: &Tables) -> Front {
    spec.collect = Collect::All;
    fronts(spec, runs, tables).remove(0)
}

fn recommended_training_job(front: &Front) -> Option<&str> {
    front.recommendation.as_ref()?.training_job_name.as_deref()
}

fn training_jobs(front: &Front) -> Vec<&str> {
    front.members.iter().map(|member| member.training_job_name.as_deref().unwrap_or("none")).collect()
}

#[test]
fn every_training_job_of_a_table_may_enter_the_front() {
    let tables = &mut Tables::new();
    let mut runs = [
        tabled("a", &[trial("a-1", "0.9", "10"), trial("a-2", "0.8", "30"), trial("a-3", "0.7", "20")], tables),
        tabled("b", &[trial("b-1", "0.8", "30"), trial("b-2", "0.6", "5")], tables),
        tabled("c", &[trial("c-1", "0.75", "20"), trial("c-2", "0.5", "5")], tables),
        // Without a table, it is represented by its best training job.
        RunStatus { best: Some(trial("d-1", "0.95", "1")), ..both("d", "0", "0") },
    ];
    let front = of_all(&mut spec(), &mut runs, tables);
    assert_eq!(training_jobs(&front), ["d-1", "a-1", "a-2", "b-1"]);
    assert_eq!(members(&front), ["d", "a", "a", "b"]);
    let ranks: Vec<_> = runs.iter().map(|run| run.pareto_rank.unwrap()).collect();
    assert_eq!(ranks, [0, 0, 1, 0], "the rank of a run is that of its best-ranked training job");
    assert_eq!(recommended(&front), Some("a"));
    assert_eq!(recommended_training_job(&front), Some("a-1"));
    // It has what the status has of it, and what expressions compute.
    let mut derived = spec();
    derived.derived_metrics = vec![DerivedMetric { name: "double".into(), expression: "2 * test_throughput".into() }];
    let mut best = runs[0].best.clone().unwrap();
    best.metrics.push(MetricValue { name: "other".into(), value: "1".into() });
    runs[0].best = Some(best);
    let front = of_all(&mut derived, &mut runs, tables);
    let job = front.recommendation.unwrap().training_job.unwrap();
    assert!(job.metrics.iter().any(|metric| metric.name == "other"), "{job:?}");
    assert_eq!(job.derived_metrics, [MetricValue { name: "double".into(), value: "20".into() }]);
    // The same runs without tables: only the best training jobs count, and members have no training job name.
    let front = &fronts(&spec(), &mut runs, &Tables::new())[0];
    assert_eq!((members(front), training_jobs(front)), (vec!["d", "a", "b"], vec!["none"; 3]));
    assert_eq!(recommended_training_job(front), None);
}

#[test]
fn a_run_is_excluded_when_none_of_its_training_jobs_can_be_considered() {
    let mut spec = spec();
    let bound = |min: &str| Constraint { metric: "test_accuracy".into(), min: Some(min.into()), max: None };
    spec.constraints = vec![bound("0.85")];
    let tables = &mut Tables::new();
    let mut silent = trial("b-1", "0", "0");
    silent.metrics.clear();
    silent.training_seconds = Some(60);
    let mut runs = [
        tabled("a", &[trial("a-1", "0.8", "10"), trial("a-2", "0.9", "1")], tables),
        tabled("b", &[silent, trial("b-2", "0.1", "1")], tables),
        tabled("c", &[trial("c-1", "0.5", "1"), trial("c-2", "0.4", "1")], tables),
    ];
    let front = of_all(&mut spec, &mut runs, tables);
    assert_eq!(training_jobs(&front), ["a-2"], "the best one breaks the constraint, another does not");
    let excluded: Vec<_> = front.excluded.iter().map(|e| (e.candidate.as_str(), e.reason)).collect();
    assert_eq!(excluded, [("b", ExclusionReason::MetricMissing), ("c", ExclusionReason::Infeasible)]);
    assert!(front.excluded[1].message.contains("0.5"), "the reason is that of the best one");
}

#[test]
fn long_fronts_are_truncated_and_count_the_rest() {
    let line = |run: usize, n: usize| -> Vec<BestTrainingJob> {
        (0..n).map(|i| trial(&format!("{run}-{i:05}"), &i.to_string(), &(n - i).to_string())).collect()
    };
    let tables = &mut Tables::new();
    let mut spec = spec();
    let mut runs = vec![tabled("a", &line(0, 1000), tables)];
    let front = of_all(&mut spec, &mut runs, tables);
    assert_eq!((front.members.len(), front.omitted_members), (512, 488));
    assert_eq!(front.members[0].training_job_name.as_deref(), Some("0-00999"), "the best by the first objective");
    // Many fronts share the space in the status.
    for number in 1..32 {
        let dataset = api::Dataset { name: format!("d{number}"), ..spec.datasets[0].clone() };
        let run = tabled(&format!("c{number}"), &line(number, if number < 16 { 600 } else { 3 }), tables);
        runs.push(RunStatus { dataset: dataset.name.clone(), ..run });
        spec.datasets.push(dataset);
    }
    let fronts = fronts(&spec, &mut runs, tables);
    let listed: usize = fronts.iter().map(|front| front.members.len()).sum();
    assert!(listed * 2 <= VALUES_MAX && listed > VALUES_MAX / 4, "{listed}");
    assert_eq!((fronts[31].members.len(), fronts[31].omitted_members), (3, 0), "short ones are complete");
    assert_eq!(fronts[1].members.len() + usize::try_from(fronts[1].omitted_members).unwrap(), 600);
}

#[test]
fn ranks_fit_the_schema() {
    let tables = &mut Tables::new();
    let chain: Vec<_> = (0..1100).map(|i| trial(&format!("{i:05}"), &i.to_string(), &i.to_string())).collect();
    let mut runs = [tabled("a", &chain, tables), tabled("last", &[trial("z", "-1", "-1")], tables)];
    of_all(&mut spec(), &mut runs, tables);
    assert_eq!((runs[0].pareto_rank, runs[1].pareto_rank), (Some(0), Some(bounds::PARETO_RANK)));
}

#[test]
fn fronts_stay_current_until_a_result_or_the_generation_changes() {
    let runs = vec![both("a", "0.9", "1"), RunStatus { state: RunState::Running, ..both("b", "0.9", "1") }];
    let last = ModelSelectionStatus { observed_generation: Some(3), runs: runs.clone(), ..Default::default() };
    assert!(are_current(&last, Some(3), &runs));
    assert!(!are_current(&last, Some(4), &runs));
    let mut counted = runs.clone();
    counted[1].training_jobs = Some(api::TrainingJobCounts::default());
    assert!(are_current(&last, Some(3), &counted), "only results count");
    let mut ended = runs.clone();
    ended[1].state = RunState::Failed;
    let mut kept = runs.clone();
    kept[0].trials = Some(api::Trials::default());
    for changed in [ended, kept, runs[..1].to_vec()] {
        assert!(!are_current(&last, Some(3), &changed));
    }
}
