//! Whatever SageMaker reports, the CRD accepts the status.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::derived::Derivations;
use crate::observation::{BestSoFar, JobStatus, TrainingResult, TuningJob};
use crate::run::{RunEvent, after};
use crate::summary::bounded;
use crate::training_job::trial;
use api::MetricValue;
use samples::spec;

/// The violations of the CRD's schema in a value. Supports exactly the keywords that the schema of a run uses.
fn against(schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let size = match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        _ => 0,
    };
    for (word, says) in schema.as_object().unwrap() {
        let most = || usize::try_from(says.as_u64().unwrap()).unwrap();
        let keeps = match word.as_str() {
            "maxLength" | "maxItems" | "maxProperties" => size <= most(),
            "minLength" => size >= most(),
            "minimum" => whole(value) >= whole(says),
            "maximum" => whole(value) <= whole(says),
            "enum" => says.as_array().unwrap().contains(value),
            "pattern" => regex::Regex::new(says.as_str().unwrap()).unwrap().is_match(value.as_str().unwrap()),
            "required" => says.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some()),
            "type" => match says.as_str().unwrap() {
                "string" => value.is_string(),
                "integer" => value.is_i64(),
                "boolean" => value.is_boolean(),
                "array" => value.is_array(),
                "object" => value.is_object(),
                other => panic!("a type {other} at {path}"),
            },
            "properties" => value.as_object().is_some_and(|fields| {
                faults.extend(fields.iter().flat_map(|(name, field)| match says.get(name) {
                    Some(schema) => against(schema, field, &format!("{path}.{name}")),
                    None => vec![format!("{path}.{name} is not in the schema")],
                }));
                true
            }),
            "additionalProperties" => {
                faults.extend(value.as_object().into_iter().flatten().flat_map(|(_, v)| against(says, v, path)));
                true
            }
            "items" => {
                faults.extend(value.as_array().into_iter().flatten().flat_map(|v| against(says, v, path)));
                true
            }
            "description" | "default" | "format" | "x-kubernetes-list-type" => true,
            other => panic!("this test does not know '{other}' at {path}"),
        };
        if !keeps {
            faults.push(format!("{path}: {word}"));
        }
    }
    faults
}

/// The schema has its bounds as floats.
fn whole(number: &Value) -> i64 {
    number.to_string().trim_end_matches(".0").parse().unwrap()
}

fn schema_of_runs() -> Value {
    let crd = serde_json::to_value(api::crd()).unwrap();
    let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    schema["properties"]["status"]["properties"]["runs"]["items"].clone()
}

/// A text of any length, with characters of any size.
fn text(around: usize) -> impl Strategy<Value = String> {
    let length = prop_oneof![6 => 0..20_usize, 1 => around - 2..around + 3, 1 => Just(2 * around)];
    ("[a-zé漢 \"\n-]{1,4}", length).prop_map(|(part, length)| part.chars().cycle().take(length).collect())
}

fn pairs() -> impl Strategy<Value = Hyperparameters> {
    let few = btree_map(text(256), text(bounds::HYPERPARAMETER), 0..4);
    let many = btree_map("[a-z]{3}", text(20), 95..130);
    prop_oneof![3 => few, 1 => many]
}

fn number() -> impl Strategy<Value = i32> {
    prop_oneof![any::<i32>(), -2..3_i32]
}

fn result() -> impl Strategy<Value = TrainingResult> {
    let metric = || (prop_oneof![text(bounds::METRIC_NAME), "[a-z]{3}"], any::<f32>());
    let metrics = prop_oneof![vec(metric(), 0..5), vec(metric(), 60..140)];
    let option = proptest::option::of::<BoxedStrategy<String>>;
    let numbers = proptest::array::uniform3(proptest::option::of(number()));
    let (instance_type, artifact) = (option(text(63).boxed()), option(text(bounds::MODEL_ARTIFACT).boxed()));
    (metrics, pairs(), instance_type, artifact, numbers).prop_map(
        |(metrics, hyperparameters, instance_type, model_artifact, numbers)| TrainingResult {
            metrics,
            hyperparameters,
            instance_type,
            instance_count: numbers[0],
            model_artifact,
            training_seconds: numbers[1],
            billable_seconds: numbers[2],
        },
    )
}

fn job() -> impl Strategy<Value = TuningJob> {
    use JobStatus::{Completed, Deleting, Failed, InProgress, Stopped, Stopping};
    let status = proptest::sample::select(vec![Completed, Completed, Deleting, Failed, InProgress, Stopped, Stopping]);
    let best = (text(bounds::TRAINING_JOB_NAME), pairs());
    let counts = proptest::array::uniform5(number());
    let why = proptest::option::of(text(bounds::MESSAGE));
    (status, best, text(bounds::TUNING_JOB_ARN), counts, why).prop_map(|(status, best, arn, counts, failure_reason)| {
        let [completed, in_progress, retryable_error, non_retryable_error, stopped] = counts;
        TuningJob {
            arn,
            status,
            failure_reason,
            training_jobs: TrainingJobCounts { completed, in_progress, retryable_error, non_retryable_error, stopped },
            best: Some(BestSoFar { training_job_name: best.0, hyperparameters: best.1 }),
            overall_best: None,
            lasted: None,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_schema_accepts_whatever_sagemaker_reports(job in job(), result in result(), again in result()) {
        let schema = schema_of_runs();
        let used = result.hyperparameters.keys().cloned().collect();
        let mut runs = [after(
            RunStatus::default(),
            RunEvent::Described { job: &job, result: Some(&result), failure: None, used: &used },
        )];
        for _ in 0..2 {
            bounded(&Derivations::new(&spec()), &mut runs);
            let faults = against(&schema, &serde_json::to_value(&runs[0]).unwrap(), "run");
            prop_assert!(faults.is_empty(), "{faults:?}");
            // A second description, and a table that adds inputs.
            let run = after(std::mem::take(&mut runs[0]), RunEvent::DescribedAgain { result: &again, used: &used });
            runs = [run];
            let name = runs[0].best.as_ref().map(|best| best.training_job_name.clone()).unwrap_or_default();
            crate::collect_all::with_inputs(&mut runs[0], &[trial(&name, job.best.clone().unwrap().hyperparameters, &result)]);
        }
        bounded(&Derivations::new(&spec()), &mut runs);
        let once = runs.clone();
        bounded(&Derivations::new(&spec()), &mut runs);
        prop_assert_eq!(&once, &runs, "values that fit are unchanged, otherwise the status would be written repeatedly");
    }
}

#[test]
fn metrics_that_the_spec_refers_to_are_kept() {
    let metric = |name: String| MetricValue { name, value: "1".into() };
    let mut run = RunStatus { best: Some(BestTrainingJob::default()), ..RunStatus::default() };
    let best = run.best.as_mut().unwrap();
    best.metrics = (0..100).map(|i| metric(format!("a{i:03}"))).chain([metric("val_accuracy".into())]).collect();
    let mut runs = [run];
    bounded(&Derivations::new(&spec()), &mut runs);
    let names: Vec<_> = runs[0].best.as_ref().unwrap().metrics.iter().map(|metric| metric.name.as_str()).collect();
    assert_eq!((names.len(), names[0], names[62], names[63]), (64, "a000", "a062", "val_accuracy"));
}

#[test]
fn an_impossible_duration_is_left_out() {
    let result = TrainingResult { training_seconds: Some(-1), billable_seconds: Some(0), ..Default::default() };
    let kept = trial("t", Hyperparameters::new(), &result);
    assert_eq!((kept.training_seconds, kept.billable_seconds), (None, Some(0)));
}
