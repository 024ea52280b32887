//! The requests for candidates with overrides, and for SageMaker's built-in algorithms.

use serde_json::json;

use super::request;
use crate::hub_document::tests::bit;
use crate::model::Model;
use api::{MetricDefinition, ModelSelectionSpec, Reason};

/// A selection whose own image has a default for the hyperparameter that is searched.
fn spec() -> ModelSelectionSpec {
    let mut spec = samples::spec();
    spec.training.hyperparameters.insert("learning_rate".into(), "0.01".into());
    spec
}

const XGBOOST: &str = "811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:1";

/// A selection whose second candidate is SageMaker's `XGBoost`, tuned for one of its own metrics.
fn with_xgboost(metric: &str) -> ModelSelectionSpec {
    let mut spec = spec();
    spec.candidates[1].algorithm.as_mut().unwrap().training_image = Some(XGBOOST.into());
    let objective = json!({"objective": {"metric": metric, "goal": "Maximize"}});
    spec.candidates[1].overrides.tuning = serde_json::from_value(objective).unwrap();
    spec.objectives.truncate(1);
    spec.objectives[0].metric = metric.into();
    spec
}

#[test]
fn a_built_in_algorithm_gets_no_definitions() {
    let sent = request(&with_xgboost("validation:auc"), 1, None).unwrap();
    assert_eq!((sent.metric_definitions.len(), sent.objective.metric.as_str()), (0, "validation:auc"));
}

#[test]
fn definitions_for_a_built_in_algorithm_are_refused_with_the_remedy() {
    let definition = MetricDefinition { name: "validation:auc".into(), regex: "auc: ([0-9.]+)".into() };
    let mut own = with_xgboost("validation:auc");
    own.candidates[1].overrides.metric_definitions = vec![definition];
    let mut shared = with_xgboost("validation:auc");
    assert!(!shared.training.metric_definitions.is_empty());
    shared.candidates.remove(0);
    for (spec, candidate, field) in
        [(own, 1, "`metricDefinitions` of the candidate"), (shared, 0, "`training.metricDefinitions`")]
    {
        let problem = request(&spec, candidate, None).unwrap_err();
        assert_eq!(problem.reason, Reason::InvalidRequest);
        assert!(problem.message.starts_with(&format!("{field} must be left out: 'xgboost'")), "{}", problem.message);
    }
}

#[test]
fn an_unknown_metric_of_a_built_in_algorithm_is_reported_with_the_nearest_one() {
    for (metric, expected) in
        [("validation:acu", "did you mean 'validation:auc'?"), ("zzz", "choose among validation:accuracy, ")]
    {
        let problem = request(&with_xgboost(metric), 1, None).unwrap_err();
        assert_eq!(problem.reason, Reason::UnknownMetric);
        assert!(problem.message.contains(expected), "{}", problem.message);
    }
    assert!(request(&with_xgboost("train:anything"), 1, None).is_ok());
}

#[test]
fn an_expression_can_unify_two_names_of_one_metric() {
    let mut spec = with_xgboost("validation:auc");
    spec.derived_metrics = serde_json::from_value(json!([
        {"name": "area", "expression": "has(metrics.val_accuracy) ? metrics.val_accuracy : metrics['validation:auc']"},
    ]))
    .unwrap();
    spec.objectives[0].metric = "area".into();
    spec.candidates[0].overrides.tuning =
        serde_json::from_value(json!({"objective": {"metric": "tflow-ic:val-accuracy", "goal": "Maximize"}})).unwrap();
    assert!(request(&spec, 1, None).is_ok());
}

#[test]
fn an_unknown_image_without_definitions_is_left_to_sagemaker() {
    let mut spec = spec();
    spec.training.metric_definitions.clear();
    let sent = request(&spec, 1, None).unwrap();
    assert_eq!(sent.metric_definitions, []);
}

#[test]
fn a_model_whose_image_is_one_of_sagemakers_gets_no_definitions() {
    let mut spec = with_xgboost("validation:auc");
    spec.candidates[0].overrides.tuning = spec.candidates[1].overrides.tuning.clone();
    spec.training.metric_definitions.clear();
    let model = Model { image: Some(XGBOOST.into()), variants: [].into(), ..bit() };
    let sent = request(&spec, 0, Some(&model)).unwrap();
    assert_eq!(sent.metric_definitions, []);
}

#[test]
fn training_and_tuning_of_a_candidate_win() {
    let mut spec = spec();
    spec.training.environment = [("A".to_owned(), "1".to_owned()), ("B".to_owned(), "1".to_owned())].into();
    spec.candidates[1].overrides.training = serde_json::from_value(json!({
        "instanceType": "ml.p4d.24xlarge", "instanceCount": 2, "volumeSizeGB": 200, "maxRuntimeSeconds": 600,
        "environment": {"B": "2"}, "spot": {"maxWaitSeconds": 700}, "outputS3URI": "s3://other/",
    }))
    .unwrap();
    spec.candidates[1].overrides.tuning =
        serde_json::from_value(json!({"strategy": "Random", "earlyStopping": "Auto", "maxRuntimeSeconds": 900}))
            .unwrap();
    let sent = request(&spec, 1, None).unwrap();
    assert_eq!((sent.instance_type.as_str(), sent.instance_count, sent.volume_size_gb), ("ml.p4d.24xlarge", 2, 200));
    assert_eq!((sent.max_runtime_seconds, sent.spot_max_wait_seconds), (600, Some(700)));
    assert_eq!((sent.output_s3_uri.as_str(), sent.tuning_runtime_seconds), ("s3://other/", Some(900)));
    let environment: Vec<_> = sent.environment.iter().map(|(name, value)| format!("{name}{value}")).collect();
    assert_eq!(environment, ["A1", "B2"]);
    assert_eq!((sent.strategy, sent.early_stopping), (api::Strategy::Random, api::EarlyStopping::Auto));
    let other = request(&spec, 0, Some(&bit())).unwrap();
    assert_eq!((other.instance_type, other.output_s3_uri), (spec.training.instance_type, spec.training.output_s3_uri));
}

#[test]
fn checkpoints_of_a_run_are_its_own_unless_they_are_shared() {
    for (shared, slash) in [(false, ""), (false, "/"), (true, "")] {
        let mut spec = spec();
        let s3_uri = format!("s3://bucket/checkpoints{slash}");
        spec.training.checkpoint = Some(api::Checkpoint { s3_uri: s3_uri.clone(), local_path: None, shared });
        let sent = request(&spec, 1, None).unwrap();
        let expected = if shared { s3_uri } else { format!("s3://bucket/checkpoints/{}", sent.name) };
        assert_eq!(sent.checkpoint.unwrap().s3_uri, expected);
    }
}

#[test]
fn more_training_jobs_than_combinations_are_refused() {
    for (ranges, jobs, most) in [
        (json!([{"name": "learning_rate", "integer": {"min": "1", "max": "3"}}]), 10, 3),
        // The same value, written in two ways.
        (json!([{"name": "learning_rate", "categorical": {"multiplesOfDefault": ["1", "1.0"]}}]), 2, 1),
    ] {
        let mut spec = spec();
        spec.tuning.parameter_ranges = serde_json::from_value(ranges).unwrap();
        spec.tuning.max_training_jobs = Some(jobs);
        let problem = request(&spec, 1, None).unwrap_err();
        assert_eq!(problem.reason, Reason::InvalidHyperparameter);
        let expected = format!("`tuning.maxTrainingJobs` {jobs} must be at most {most}");
        assert!(problem.message.starts_with(&expected), "{}", problem.message);
        spec.tuning.max_training_jobs = Some(most);
        assert!(request(&spec, 1, None).is_ok());
    }
}

#[test]
fn a_line_break_in_a_value_is_reported() {
    let mut spec = spec();
    spec.candidates[1].overrides.hyperparameters.insert("prompt".into(), "hello\n".into());
    let problem = request(&spec, 1, None).unwrap_err();
    assert_eq!(problem.reason, Reason::InvalidHyperparameter);
    assert!(problem.message.starts_with("hyperparameter 'prompt' must be one line"), "{}", problem.message);
}

#[test]
fn an_instance_type_for_other_uses_only_is_reported() {
    for (instance_type, refused) in
        [("ml.t2.medium", true), ("ml.inf2.xlarge", true), ("ml.t3.medium", false), ("ml.new9.large", false)]
    {
        let mut spec = spec();
        spec.training.instance_type = instance_type.into();
        let found = request(&spec, 1, None).err().map(|problem| problem.reason);
        assert_eq!(found, refused.then_some(Reason::UnsupportedInstanceType), "{instance_type}");
    }
}

#[test]
fn channels_of_an_override_are_checked() {
    for (channel, expected) in [
        (json!({"name": "training"}), "channel 'training' of the dataset must have exactly one of `s3URI`"),
        (
            json!({"name": "t", "fileSystem": {"id": "fs-0123456789", "type": "EFS", "directoryPath": "/x"}}),
            "channel 't' of the dataset is a `fileSystem`, which needs `training.vpc`",
        ),
    ] {
        let mut spec = spec();
        let overrides = json!([{"candidates": [spec.candidates[1].name], "channels": [channel]}]);
        spec.datasets[0].channel_overrides = serde_json::from_value(overrides).unwrap();
        let problem = request(&spec, 1, None).unwrap_err();
        assert_eq!(problem.reason, Reason::InvalidSpec);
        assert!(problem.message.starts_with(expected), "{}", problem.message);
        assert!(request(&spec, 0, Some(&bit())).is_ok(), "the other candidate has the channels of the dataset");
    }
}

#[test]
fn a_line_break_is_reported_wherever_a_block_of_yaml_may_add_one() {
    type Edit = fn(&mut ModelSelectionSpec);
    let edits: [(Edit, Reason, &str); 6] = [
        (
            |spec| {
                spec.tuning.parameter_ranges[0].categorical =
                    serde_json::from_value(json!({"values": ["1\n", "2"]})).ok();
            },
            Reason::InvalidHyperparameter,
            "the range of hyperparameter 'learning_rate'",
        ),
        (
            |spec| spec.training.metric_definitions[0].regex.push('\n'),
            Reason::InvalidRequest,
            "the definition of metric 'val_accuracy'",
        ),
        (
            |spec| spec.datasets[0].channels[0].content_type = Some("text/csv\n".into()),
            Reason::InvalidRequest,
            "channel 'training'",
        ),
        (
            |spec| spec.training.output_kms_key_id = Some("key\n".into()),
            Reason::InvalidRequest,
            "the field 'outputKMSKeyID'",
        ),
        (
            |spec| {
                let checkpoint = json!({"s3URI": "s3://bucket/c/", "localPath": "/tmp\n"});
                spec.training.checkpoint = serde_json::from_value(checkpoint).ok();
            },
            Reason::InvalidRequest,
            "the field 'localPath'",
        ),
        (
            |spec| {
                let training = json!({"trainingPlanARN": format!("arn:aws:sagemaker:{}\n", "x".repeat(40))});
                spec.candidates[1].overrides.training = serde_json::from_value(training).ok();
            },
            Reason::InvalidRequest,
            "the field 'trainingPlanARN'",
        ),
    ];
    for (edit, reason, expected) in edits {
        let mut spec = spec();
        edit(&mut spec);
        let problem = request(&spec, 1, None).unwrap_err();
        assert_eq!(problem.reason, reason, "{}", problem.message);
        assert!(problem.message.starts_with(&format!("{expected} must be one line")), "{}", problem.message);
    }
}

#[test]
fn a_bucket_that_cannot_exist_is_reported_with_its_field() {
    let mut spec = spec();
    spec.candidates[1].overrides.training =
        serde_json::from_value(json!({"outputS3URI": "s3://My_Bucket/out/"})).unwrap();
    let problem = request(&spec, 1, None).unwrap_err();
    assert_eq!(problem.reason, Reason::InvalidRequest);
    let expected = "`training.outputS3URI`: there cannot be an S3 bucket 'My_Bucket'";
    assert!(problem.message.starts_with(expected), "{}", problem.message);
    assert!(request(&spec, 0, Some(&bit())).is_ok(), "the other candidate has the prefix of the selection");
}

#[test]
fn a_candidates_own_strategy_is_checked_with_its_merged_ranges() {
    let values: Vec<String> = (0..30).map(|value| value.to_string()).collect();
    for (tuning, ranges, expected) in [
        (
            json!({"strategy": "Grid", "maxTrainingJobs": 750}),
            json!([
                {"name": "learning_rate", "categorical": {"values": values}},
                {"name": "momentum", "categorical": {"values": values}},
            ]),
            "the candidate's `parameterRanges` has 900 combinations",
        ),
        (
            json!({"strategy": "Hyperband"}),
            json!([{"name": "epochs", "integer": {"min": "1", "max": "9"}}]),
            "`tuning.hyperband.maxResource` must be set",
        ),
    ] {
        let mut spec = spec();
        spec.candidates[1].overrides.tuning = serde_json::from_value(tuning).unwrap();
        spec.candidates[1].overrides.parameter_ranges = serde_json::from_value(ranges).unwrap();
        let problem = request(&spec, 1, None).unwrap_err();
        assert!(problem.message.starts_with(expected), "{}", problem.message);
    }
    let mut spec = spec();
    spec.candidates[1].overrides.tuning = serde_json::from_value(json!({"strategy": "Hyperband"})).unwrap();
    assert!(request(&spec, 1, None).is_ok(), "its epochs are fixed");
}
