//! The request for a run, and the problem if there cannot be one.

mod candidates;
mod instances;

use std::collections::BTreeMap;

use super::job_request;
use crate::hub_document::tests::bit;
use crate::model::Model;
use api::{DerivedMetric, InputMode, MetricDefinition, MetricPreset, ModelSelectionSpec, Reason};
use decide::derived::Derivations;
use decide::effective::for_candidate;
use decide::fingerprint::{Definition, Source};
use decide::identity::Identity;
use decide::problem::Problem;
use sagemaker::{Code, JobRequest, SearchRange};
use samples::spec;

fn request(spec: &ModelSelectionSpec, candidate: usize, model: Option<&Model>) -> Result<JobRequest, Problem> {
    let source = match &spec.candidates[candidate].algorithm {
        Some(own) => Source::Image { image: own.training_image.clone().unwrap(), input_mode: InputMode::File },
        None => Source::JumpStart { model_id: "tensorflow-ic-bit".into(), version: "4.0.6".into() },
    };
    let own = for_candidate(spec, &spec.candidates[candidate])?;
    let definition = Definition::new(&own, "us-west-2", &spec.datasets[0], &spec.candidates[candidate], source);
    let fingerprint = definition.fingerprint();
    let identity = Identity {
        scope: "prod",
        namespace: "vision",
        name: "selection",
        candidate: &spec.candidates[candidate].name,
        dataset: "caltech256",
        definition: &fingerprint,
        rerun: "",
        attempt: 0,
    };
    job_request(&Derivations::new(spec), &definition, model, &identity)
}

/// Compared with what the vendor's SDK sent for the same model. The test names each deviation of ours.
#[test]
fn a_request_for_a_jumpstart_model_equals_the_vendors() {
    let recorded: serde_json::Value = serde_json::from_str(include_str!(
        "../../../../tests/fixtures/create-hpt-job.jumpstart-estimator.bit-m-r101x1.json"
    ))
    .unwrap();
    let recorded = &recorded["TrainingJobDefinition"];
    let mut spec = spec();
    spec.training.hyperparameters.clear();
    spec.tuning.parameter_ranges = serde_json::from_value(serde_json::json!([
        {"name": "learning_rate", "continuous": {"min": "1e-05", "max": "0.1", "scaling": "Logarithmic"}},
        {"name": "optimizer", "categorical": {"values": ["adam", "sgd"]}},
        {"name": "batch_size", "integer": {"min": "8", "max": "64", "scaling": "Linear"}},
    ]))
    .unwrap();
    let request = request(&spec, 0, Some(&bit())).unwrap();
    let mut sent = request.hyperparameters.clone();
    assert_eq!(sent.remove("sagemaker_job_name"), Some(format!("\"{}\"", request.name)));
    let mut expected: BTreeMap<String, String> =
        serde_json::from_value(recorded["StaticHyperParameters"].clone()).unwrap();
    expected.remove("sagemaker_job_name"); // the vendor's contains a time stamp
    assert_eq!(sent, expected);
    let image = recorded["AlgorithmSpecification"]["TrainingImage"].as_str().unwrap();
    assert_eq!(request.code, Code::Image(image.to_owned()));
    let added: Vec<_> =
        request.channels[2..].iter().map(|c| (c.channel.name.as_str(), c.channel.s3_uri.as_deref().unwrap())).collect();
    let channels = recorded["InputDataConfig"].as_array().unwrap();
    let uri = |i: usize| channels[i]["DataSource"]["S3DataSource"]["S3Uri"].as_str().unwrap();
    assert_eq!(added, [("model", uri(3)), ("code", uri(4))]);
    assert_eq!(request.channels[2].channel.content_type.as_deref(), channels[3]["ContentType"].as_str());
    assert_eq!(request.max_runtime_seconds, recorded["StoppingCondition"]["MaxRuntimeInSeconds"]);
    assert_eq!(request.volume_size_gb, recorded["HyperParameterTuningResourceConfig"]["VolumeSizeInGB"]);
    assert!(request.network_isolation && request.encrypt_traffic);
    // The vendor's request has no metric definitions, which SageMaker refuses if the objective is not built in.
    assert_eq!(request.metric_definitions.len(), 3);
}

#[test]
fn an_own_image_gets_its_hyperparameters_unchanged() {
    let mut spec = spec();
    spec.training.hyperparameters.insert("learning_rate".into(), "0.01".into());
    let request = request(&spec, 1, None).unwrap();
    assert_eq!(request.hyperparameters, [("epochs".to_owned(), "5".to_owned())].into());
    assert_eq!(
        request.ranges,
        [SearchRange::Categorical { name: "learning_rate".into(), values: vec!["0.01".into(), "0.002".into()] }]
    );
    assert_eq!((request.volume_size_gb, request.max_runtime_seconds), (30, 86_400));
    assert!(!request.network_isolation);
}

#[test]
fn a_model_without_definitions_gets_those_of_its_script_and_derived_metrics_count() {
    let mut spec = spec();
    spec.training.metric_definitions.clear();
    spec.derived_metrics = derived("hyperparameters.batch_size * test_throughput");
    spec.objectives[1].metric = "derived".into();
    let metrics = request(&spec, 0, Some(&bit())).unwrap().metric_definitions;
    assert_eq!(metrics.len(), 29);
    // The model's own definitions override the preset, and those of the spec override both.
    let own = |name: &str| vec![(name.to_owned(), "mine ([0-9]+)".to_owned())];
    let model = Model { metrics: own("val_loss"), ..bit() };
    let regex = |spec: &ModelSelectionSpec| {
        let metrics = request(spec, 0, Some(&model)).unwrap().metric_definitions;
        metrics.into_iter().find(|(name, _)| name == "val_loss").unwrap().1
    };
    assert_eq!(regex(&spec), "mine ([0-9]+)");
    spec.training.metric_preset = Some(MetricPreset::TensorFlowImageClassification);
    spec.training.metric_definitions =
        vec![MetricDefinition { name: "val_loss".into(), regex: "yours ([0-9]+)".into() }];
    assert_eq!(regex(&spec), "yours ([0-9]+)");
}

#[test]
fn the_models_own_metrics_are_dropped_before_there_are_too_many() {
    let mut spec = spec();
    spec.training.metric_definitions = more_metrics(11, Some(MetricPreset::Auto), &mut spec);
    let model = Model { metrics: vec![("steps".to_owned(), "steps ([0-9]+)".to_owned())], ..bit() };
    let has_own = |spec: &ModelSelectionSpec| {
        let metrics = request(spec, 0, Some(&model)).map(|request| request.metric_definitions)?;
        Ok::<_, Problem>((metrics.len(), metrics.iter().any(|(name, _)| name == "steps")))
    };
    assert_eq!(has_own(&spec), Ok((40, false)));
    spec.training.metric_definitions.pop();
    assert_eq!(has_own(&spec), Ok((40, true)));
}

#[test]
fn what_the_model_and_the_preset_name_differently_has_one_name() {
    let names = |spec: &ModelSelectionSpec| {
        let metrics = request(spec, 0, Some(&bit())).unwrap().metric_definitions.into_iter().map(|(name, _)| name);
        metrics.filter(|name| name.ends_with("val_accuracy") || name.ends_with("val-accuracy")).collect::<Vec<_>>()
    };
    let mut spec = spec();
    spec.training.metric_definitions.clear();
    spec.objectives.truncate(1);
    let (own, presets) = ("tflow-ic:val-accuracy", "val_accuracy");
    for (searched, objective, expected) in [
        (presets, "test_accuracy", vec![presets]),
        (own, "test_accuracy", vec![own]),
        (own, presets, vec![own, presets]),
    ] {
        (spec.tuning.objective.metric, spec.objectives[0].metric) = (searched.into(), objective.into());
        assert_eq!(names(&spec), expected);
    }
    spec.tuning.objective.metric = own.into();
    spec.objectives[0].metric = own.into();
    spec.training.metric_definitions =
        vec![MetricDefinition { name: presets.into(), regex: "accuracy: ([0-9.]+)".into() }];
    assert_eq!(names(&spec), [own, presets], "what the spec defines, it wants");
}

#[test]
fn an_own_image_may_have_any_type_channels_and_program_but_needs_ranges() {
    let mut spec = spec();
    spec.training.instance_type = "ml.new9.large".into();
    spec.datasets[0].channels[0].name = "train".into();
    spec.training.hyperparameters.insert("sagemaker_program".into(), "mine.py".into());
    spec.candidates[1].overrides.hyperparameters = [("learning_rate".to_owned(), "0.01".to_owned())].into();
    let sent = request(&spec, 1, None).unwrap();
    assert_eq!(sent.hyperparameters["sagemaker_program"], "mine.py");
    assert_eq!(sent.instance_type, "ml.new9.large");
    spec.tuning.parameter_ranges.clear();
    assert_eq!(request(&spec, 1, None).unwrap_err().reason, Reason::InvalidHyperparameter);
}

#[test]
fn without_a_script_values_are_plain_and_the_model_is_still_a_channel() {
    let model = Model { script: None, ..bit() };
    let request = request(&spec(), 0, Some(&model)).unwrap();
    assert_eq!(request.hyperparameters["optimizer"], "adam");
    assert!(!request.hyperparameters.keys().any(|name| name.starts_with("sagemaker_")));
    let channels: Vec<&str> = request.channels.iter().map(|channel| channel.channel.name.as_str()).collect();
    assert_eq!(channels, ["training", "test", "model"]);
}

/// The message names the model, and the field of the spec that overrides its description.
#[test]
fn a_description_that_sagemaker_refuses_is_reported_as_such() {
    let long = |name: &str| vec![(name.to_owned(), "x".repeat(501))];
    let cases = [
        (Model { metrics: long("own"), ..bit() }, "a metric definition 'own' that is too long"),
        (Model { environment: [("1".to_owned(), String::new())].into(), ..bit() }, "an environment variable '1'"),
        (Model { max_runtime_seconds: Some(0), ..bit() }, "set `training.maxRuntimeSeconds`"),
        (Model { volume_size_gb: Some(0), ..bit() }, "set `training.volumeSizeGB`"),
    ];
    for (model, text) in cases {
        let Problem { reason, message } = request(&spec(), 0, Some(&model)).unwrap_err();
        assert_eq!(reason, Reason::ModelNotTrainable, "{message}");
        assert!(message.starts_with("the description of model 'tensorflow-ic-bit' 4.0.6 has"), "{message}");
        assert!(message.contains(text), "{message}");
    }
    // A value in the spec overrides the description.
    let mut spec = spec();
    spec.training.max_runtime_seconds = Some(60);
    spec.training.environment.insert("LONG".into(), "mine".into());
    spec.training.metric_definitions[0].name = "own".into();
    spec.tuning.objective.metric = "own".into();
    let model = Model {
        metrics: long("own"),
        environment: [("LONG".to_owned(), "x".repeat(513))].into(),
        max_runtime_seconds: Some(0),
        ..bit()
    };
    assert!(request(&spec, 0, Some(&model)).is_ok());
}

fn derived(expression: &str) -> Vec<DerivedMetric> {
    vec![DerivedMetric { name: "derived".into(), expression: expression.into() }]
}

fn more_metrics(more: usize, preset: Option<MetricPreset>, spec: &mut ModelSelectionSpec) -> Vec<MetricDefinition> {
    spec.training.metric_preset = preset;
    let regex = "([0-9]+)".to_owned();
    (0..more).map(|n| MetricDefinition { name: format!("more_{n}"), regex: regex.clone() }).collect()
}

type Edit = fn(&mut ModelSelectionSpec);

#[test]
#[allow(clippy::too_many_lines)] // a table
fn each_problem_has_its_reason_and_remedy() {
    let model = bit();
    let untrainable = Model { trainable: false, ..bit() };
    let cases: [(&Model, Edit, Reason, &str); 17] = [
        (&untrainable, |_| {}, Reason::ModelNotTrainable, "cannot be trained"),
        (
            &model,
            |s| s.training.instance_type = "ml.trn1.2xlarge".into(),
            Reason::UnsupportedInstanceType,
            "it supports ml.p3.2xlarge",
        ),
        (
            &model,
            |s| drop(s.candidates[0].overrides.hyperparameters.insert("epoch".into(), "5".into())),
            Reason::UnknownHyperparameter,
            "did you mean 'epochs'?",
        ),
        (
            &model,
            |s| drop(s.training.hyperparameters.insert("epochs".into(), "many".into())),
            Reason::InvalidHyperparameter,
            "'many' must be a number",
        ),
        (
            &model,
            |s| s.objectives[0].metric = "test_acuracy".into(),
            Reason::UnknownMetric,
            "`objectives` names the metric 'test_acuracy'",
        ),
        (&model, |s| s.datasets[0].channels[1].name = "model".into(), Reason::InvalidRequest, "channel 'model'"),
        (
            &model,
            |s| s.training.metric_definitions = more_metrics(12, Some(MetricPreset::Auto), s),
            Reason::InvalidRequest,
            "41 metric definitions, of which 12 are in `metricDefinitions` of `training` and of the candidate, and 29 \
             of `training.metricPreset`; SageMaker takes at most 40",
        ),
        (
            &model,
            |s| s.objectives[0].metric = "test_acuracy".into(),
            Reason::UnknownMetric,
            "did you mean 'test_accuracy'?",
        ),
        (
            &model,
            |s| {
                s.training.metric_definitions.clear();
                s.datasets[0].channels.pop();
            },
            Reason::UnknownMetric,
            "`objectives` needs the metric 'test_accuracy', which the script measures on the channel 'test'",
        ),
        (
            &model,
            |s| {
                s.training.metric_definitions.clear();
                s.objectives.truncate(1);
                s.objectives[0].metric = "derived".into();
                s.derived_metrics = derived("1.0 / test_throughput");
                s.datasets[0].channels.pop();
            },
            Reason::UnknownMetric,
            "`derivedMetrics` needs the metric 'test_throughput'",
        ),
        (
            &model,
            |s| s.tuning.parameter_ranges.clear(),
            Reason::InvalidHyperparameter,
            "`tuning.parameterRanges` is empty",
        ),
        (
            &model,
            |s| s.training.instance_type = "ml.p3.3xlarge".into(),
            Reason::UnsupportedInstanceType,
            "'ml.p3.3xlarge' is not an instance type; did you mean 'ml.p3.2xlarge'?",
        ),
        (
            &model,
            |s| s.datasets[0].channels[0].name = "trainings".into(),
            Reason::InvalidRequest,
            "rename channel 'trainings' to 'training'",
        ),
        (
            &model,
            |s| drop(s.training.hyperparameters.insert("_tuning_objective_metric".into(), "x".into())),
            Reason::InvalidHyperparameter,
            "SageMaker sets it itself",
        ),
        (
            &model,
            |s| s.training.hyperparameters.extend((0..99).map(|n| (format!("more_{n}"), String::new()))),
            Reason::InvalidHyperparameter,
            "1 are in `tuning.parameterRanges` and",
        ),
        (
            &model,
            |s| s.derived_metrics = derived("hyperparameters.batchsize * test_throughput"),
            Reason::InvalidExpression,
            "did you mean hyperparameters.batch_size?",
        ),
        (
            &model,
            |s| s.derived_metrics = derived("hyperparameters.optimizer * 2"),
            Reason::InvalidExpression,
            "which is the string 'adam'",
        ),
    ];
    let mut other_channel = spec();
    other_channel.datasets[0].channels[0].name = "train".into();
    let warned = request(&other_channel, 0, Some(&model)).unwrap().warning.unwrap();
    assert_eq!(warned, "rename channel 'train' to 'training' unless its script reads it");
    for (model, edit, reason, text) in cases {
        let mut spec = spec();
        edit(&mut spec);
        let Problem { reason: found, message } = request(&spec, 0, Some(model)).unwrap_err();
        assert_eq!(found, reason, "{message}");
        assert!(message.contains(text), "{message}");
    }
}
