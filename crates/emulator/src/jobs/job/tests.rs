use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::arn::Place;
use crate::logs::models::Behaviour;
use crate::model;
use crate::operations::training_job;
use crate::operations::tuning_job;
use crate::tests::sample::{self, CREATED};

const PLACE: Place<'static> = Place { region: "us-west-2", account: "111122223333" };

fn at(seconds: f64) -> Moment {
    CREATED.plus(seconds)
}

fn plain(changes: &[(&str, Value)]) -> Job {
    sample::job(&sample::changed(changes), |_| {})
}

fn with(changes: &[(&str, Value)], adjust: impl Fn(&mut Behaviour)) -> Job {
    sample::job(&sample::changed(changes), adjust)
}

const LIMITS: &str = "/HyperParameterTuningJobConfig/ResourceLimits";

fn limits(max: u32, parallel: u32) -> (&'static str, Value) {
    (LIMITS, json!({"MaxNumberOfTrainingJobs": max, "MaxParallelTrainingJobs": parallel}))
}

#[test]
fn a_job_from_creation_to_completion() {
    let job = plain(&[]);
    let fresh = job.state(at(0.0)).unwrap();
    assert_eq!(
        (fresh.status, fresh.counters),
        (JobStatus::InProgress, Counters::default()),
        "a fresh job has only zeros"
    );
    let running = job.state(at(100.0)).unwrap();
    assert_eq!((running.counters.in_progress, running.counters.pending), (2, 2));
    assert_eq!(running.trials[0].1.phases.last().unwrap().status, "Downloading");
    // 10 s to launch, 180 s of overhead, 5 epochs of 100 s, 5 s to notice.
    let end = at(10.0 + 180.0 + 500.0 + 5.0);
    assert_eq!(job.end(), end);
    let done = job.state(end).unwrap();
    assert_eq!((done.status, done.counters.completed, done.counters.succeeded), (JobStatus::Completed, 2, 2));
    assert_eq!(done.ended, Some(end));
    let best = &job.plan.trials[done.best.unwrap()];
    assert_eq!(best.tuned["learning_rate"], "0.001", "the default is best");
}

#[test]
fn the_best_appears_as_soon_as_there_is_one() {
    let job = plain(&[limits(2, 1)]);
    assert_eq!(job.state(at(600.0)).unwrap().best, None);
    let half = job.state(at(700.0)).unwrap();
    assert_eq!((half.status, half.best), (JobStatus::InProgress, Some(0)));
    assert_eq!((half.counters.completed, half.counters.in_progress), (1, 1));
}

#[test]
fn stopping_takes_time_and_keeps_finished_training_jobs() {
    let mut job = plain(&[limits(4, 1)]);
    job.stopped = Some(at(800.0));
    let stopping = job.state(at(810.0)).unwrap();
    assert_eq!((stopping.status, stopping.counters.in_progress), (JobStatus::Stopping, 1));
    assert_eq!(stopping.trials.last().unwrap().1.status, TrainingStatus::Stopping);
    let stopped = job.state(at(840.0)).unwrap();
    assert_eq!((stopped.status, stopped.best), (JobStatus::Stopped, Some(0)));
    assert_eq!((stopped.counters.completed, stopped.counters.stopped), (1, 1));
    assert_eq!((stopped.counters.succeeded, stopped.counters.failed), (1, 1));
    assert_eq!(job.state(at(1e6)).unwrap().trials.len(), 2, "nothing is launched any more");
}

#[test]
fn a_job_stopped_before_anything_ran_has_no_best() {
    let mut job = plain(&[]);
    job.stopped = Some(at(5.0));
    let stopped = job.state(at(60.0)).unwrap();
    assert_eq!((stopped.status, stopped.best, stopped.trials.len()), (JobStatus::Stopped, None, 0));
}

#[test]
fn a_deleted_job_disappears_and_its_training_jobs_stay() {
    let mut job = plain(&[]);
    job.deleted = Some(at(1000.0));
    assert_eq!(job.status(at(1010.0)), Some(JobStatus::Deleting));
    assert!(job.state(at(1100.0)).is_none());
    assert!(job.trial_state(&job.plan.trials[0], at(1100.0)).is_some());
}

#[test]
fn failures() {
    let partly = with(&[], |model| model.fail_first = 1).state(at(1e5)).unwrap();
    assert_eq!(
        (partly.status, partly.counters.non_retryable_error, partly.counters.failed),
        (JobStatus::Completed, 1, 1)
    );
    assert_eq!(partly.best, Some(1));
    let all = with(&[limits(10, 2)], |model| model.fail_always = true);
    let failed = all.state(at(1e5)).unwrap();
    assert_eq!((failed.status, failed.best), (JobStatus::Failed, None));
    assert!(failed.counters.non_retryable_error >= 5 && failed.trials.len() < 10, "it gives up after five");
    assert!(failed.failure.unwrap().starts_with("No training job succeeded after 5 attempts."));
}

#[test]
fn a_regex_that_never_matches_ends_completed_without_a_best() {
    let metrics = json!([{"Name": "val_accuracy", "Regex": "accuracy of validation = ([0-9.]+)"}]);
    let job = plain(&[("/TrainingJobDefinition/AlgorithmSpecification/MetricDefinitions", metrics)]);
    let state = job.state(at(1e5)).unwrap();
    assert_eq!((state.status, state.best, state.counters.failed), (JobStatus::Completed, None, 2));
}

#[test]
fn criteria_end_a_job_before_its_limits() {
    let criteria = "/HyperParameterTuningJobConfig/TuningJobCompletionCriteria";
    let target = plain(&[limits(10, 1), (criteria, json!({"TargetObjectiveMetricValue": 0.01}))]);
    assert_eq!(target.state(at(1e6)).unwrap().trials.len(), 1);
    let rule = json!({"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}});
    let patient = plain(&[limits(100, 1), (criteria, rule)]);
    let state = patient.state(at(1e6)).unwrap();
    assert!(state.trials.len() < 10, "two values cannot improve for long");
    let details = &tuning_job::describe(&patient, &state, &PLACE)["TuningJobCompletionDetails"];
    assert_eq!(details["NumberOfTrainingJobsObjectiveNotImproving"], 3);
    let short = json!({"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 1, "MaxRuntimeInSeconds": 1000});
    let state = plain(&[(LIMITS, short)]).state(at(1e6)).unwrap();
    assert_eq!((state.counters.completed, state.counters.stopped), (1, 1));
}

#[test]
fn hyperband_stops_within_its_bounds() {
    let strategy = ("/HyperParameterTuningJobConfig/Strategy", json!("Hyperband"));
    let statics = ("/TrainingJobDefinition/StaticHyperParameters", json!({"epochs": "30"}));
    // The epochs after which the training jobs ended, with 100 seconds for each.
    let epochs = |bounds: Value| {
        let bounds = ("/HyperParameterTuningJobConfig/StrategyConfig", json!({"HyperbandStrategyConfig": bounds}));
        let job = plain(&[strategy.clone(), statics.clone(), bounds, limits(30, 1)]);
        let all = job.plan.trials.iter().map(|trial| (trial.uploading.since(trial.training) / 100.0).floor());
        let mut all: Vec<f64> = all.collect();
        all.sort_by(f64::total_cmp);
        all.dedup();
        all
    };
    assert_eq!(epochs(json!({})), [10.0, 30.0], "inferred from the epochs");
    assert_eq!(epochs(json!({"MinResource": 1, "MaxResource": 9})), [3.0, 9.0]);
    assert_eq!(epochs(json!({"MinResource": 20, "MaxResource": 30})), [20.0, 30.0]);
    assert_eq!(epochs(json!({"MinResource": 9, "MaxResource": 9})), [9.0]);
    assert_eq!(epochs(json!({"MaxResource": 100})), [10.0, 30.0], "no more than there are");
}

#[test]
fn a_training_job_that_takes_too_long_is_stopped() {
    let job = plain(&[("/TrainingJobDefinition/StoppingCondition", json!({"MaxRuntimeInSeconds": 300}))]);
    let state = job.state(at(1e5)).unwrap();
    assert_eq!(state.counters.stopped, 2);
    assert_eq!(state.trials[0].1.phases.last().unwrap().status, "MaxRuntimeExceeded");
    assert_eq!(state.counters.succeeded, 2, "two epochs were logged by then");
}

#[test]
fn stopping_one_training_job_changes_only_what_follows() {
    let mut job = plain(&[limits(3, 1)]);
    let before = job.plan.trials[0].clone();
    job.stop_training(&before.name.clone(), at(200.0));
    let state = job.state(at(250.0)).unwrap();
    assert_eq!(state.trials[0].1.status, TrainingStatus::Stopped);
    assert_eq!(state.counters.in_progress, 1, "the next one begins earlier");
    assert_eq!(job.plan.trials[0].name, before.name);
    assert_eq!(job.state(at(1e5)).unwrap().status, JobStatus::Completed);
}

#[test]
fn names_have_the_form_of_the_service() {
    let form = regex::Regex::new("^sample-00[12]-[0-9a-f]{8}$").unwrap();
    assert!(plain(&[]).plan.trials.iter().all(|trial| form.is_match(&trial.name)));
}

#[test]
fn describe_adds_members() {
    let job = plain(&[]);
    let answer = tuning_job::describe(&job, &job.state(at(1e5)).unwrap(), &PLACE);
    let definition = &answer["TrainingJobDefinition"];
    assert_eq!(definition["StaticHyperParameters"]["_tuning_objective_metric"], "val_accuracy");
    assert_eq!(definition["EnableNetworkIsolation"], false);
    assert_eq!(definition["AlgorithmSpecification"]["MetricDefinitions"][1]["Name"], "ObjectiveMetric");
    assert!(answer.get("Tags").is_none(), "Describe has no tags");
    assert!(answer["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"].get("Type").is_none());
    let trial = &job.plan.trials[0];
    let state = job.trial_state(trial, at(1e5)).unwrap();
    let answer = training_job::describe(&job, trial, &state, &PLACE);
    let artifact = answer["ModelArtifacts"]["S3ModelArtifacts"].as_str().unwrap();
    assert_eq!(artifact, format!("s3://bucket/out/{}/output/model.tar.gz", trial.name), "no double slash");
    assert_eq!(answer["TrainingTimeInSeconds"], 620);
}

fn whole(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().all(whole),
        Value::Object(members) => members.values().all(whole),
        _ => true,
    }
}

fn keeps_to_the_model(operation: &str, answer: &Value) {
    assert_eq!(model::validate_output(operation, answer), [], "{answer}");
    assert_eq!(model::unknown_members_of_output(operation, answer), Vec::<String>::new());
    assert!(whole(answer), "no null: {answer}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// At every time: counters add up, nothing goes backwards, responses conform to the service model.
    #[test]
    fn at_every_time_counters_add_up_and_states_move_forward(
        max in 1_u32..9,
        parallel in 1_u32..5,
        fail_first in 0_u32..4,
        strategy in prop::sample::select(vec!["Bayesian", "Random", "Hyperband"]),
        early in prop::sample::select(vec!["Auto", "Off"]),
        deadline in prop::option::of(120_u32..5000),
        stop in prop::option::of(0.0_f64..4000.0),
        nan in any::<bool>(),
    ) {
        let early = if strategy == "Hyperband" { "Off" } else { early };
        let mut wanted = json!({"MaxNumberOfTrainingJobs": max, "MaxParallelTrainingJobs": parallel});
        if let Some(deadline) = deadline {
            wanted["MaxRuntimeInSeconds"] = json!(deadline);
        }
        let changes = [
            (LIMITS, wanted),
            ("/HyperParameterTuningJobConfig/Strategy", json!(strategy)),
            ("/HyperParameterTuningJobConfig/TrainingJobEarlyStoppingType", json!(early)),
        ];
        let mut job = with(&changes, |model| {
            model.fail_first = fail_first;
            model.nan_metrics = if nan { vec!["val_accuracy".into()] } else { Vec::new() };
        });
        if let Some(stop) = stop.filter(|stop| at(*stop) < job.end()) {
            job.stopped = Some(at(stop));
        }
        let mut last: Option<JobState> = None;
        for step in 0..90 {
            let now = at(f64::from(step) * 71.0);
            let state = job.state(now).unwrap();
            let c = state.counters;
            let total = u32::try_from(state.trials.len()).unwrap();
            prop_assert_eq!(c.completed + c.in_progress + c.non_retryable_error + c.stopped, total);
            prop_assert_eq!(c.succeeded + c.pending + c.failed, total);
            prop_assert_eq!(c.pending, c.in_progress);
            prop_assert!(total <= max && c.in_progress <= parallel);
            prop_assert_eq!(state.best.is_some(), c.succeeded > 0);
            prop_assert_eq!(state.ended.is_some(), !state.status.active());
            prop_assert!(state.status.active() || c.in_progress == 0);
            prop_assert!(state.modified <= now && state.modified >= job.created());
            if let Some(before) = last {
                prop_assert!(before.status == state.status || before.status.active(), "{:?} -> {:?}", before.status, state.status);
                prop_assert!(before.status != JobStatus::Stopping || state.status != JobStatus::InProgress);
                prop_assert!(before.trials.len() <= state.trials.len() && before.modified <= state.modified);
                for ((_, then), (_, now)) in before.trials.iter().zip(&state.trials) {
                    prop_assert!(then.status == now.status || !then.status.terminal());
                    prop_assert!(then.phases.len() <= now.phases.len());
                    prop_assert_eq!(&then.phases[0].start, &now.phases[0].start);
                }
                prop_assert!(before.counters.succeeded <= c.succeeded && before.counters.failed <= c.failed);
            }
            // Building and checking complete responses is the expensive part.
            if step % 11 == 0 {
                keeps_to_the_model("DescribeHyperParameterTuningJob", &tuning_job::describe(&job, &state, &PLACE));
                if let Some((i, trial_state)) = state.trials.last() {
                    let answer = training_job::describe(&job, &job.plan.trials[*i], trial_state, &PLACE);
                    keeps_to_the_model("DescribeTrainingJob", &answer);
                }
            }
            last = Some(state);
        }
        prop_assert!(!last.unwrap().status.active(), "it ends");
    }
}
