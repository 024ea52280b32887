use super::*;

use samples::spec;

fn of_first(spec: &ModelSelectionSpec) -> String {
    let source = Source::JumpStart { model_id: "tensorflow-ic-mobilenet".into(), version: "4.0.2".into() };
    Definition::new(spec, "us-west-2", &spec.datasets[0], &spec.candidates[0], source).fingerprint()
}

/// A changed fingerprint costs money: a release that computes fingerprints differently reruns everything.
#[test]
fn fingerprints_never_change() {
    assert_eq!(of_first(&spec()), "372d6f8cde3b3d7c5fcc");
}

#[test]
fn fields_that_do_not_affect_the_training_do_not_count() {
    let base = spec();
    let mut other = spec();
    other.execution_role_arn = "arn:aws:iam::111122223333:role/Other".into();
    other.training.output_s3_uri = "s3://elsewhere/".into();
    other.objectives.pop();
    other.max_concurrent_tuning_jobs = 1;
    other.suspend = true;
    other.tags.insert("team".into(), "vision".into());
    other.datasets[0].test_size = Some(100);
    other.training.spot = Some(api::Spot { max_wait_seconds: None });
    other.training.network_isolation = Some(true);
    other.tuning.strategy = Some(Strategy::Bayesian); // the default, given explicitly
    other.tuning.max_parallel_training_jobs = Some(1);
    other.candidates[0].name = "renamed".into(); // part of the identity, not of the definition
    assert_eq!(of_first(&base), of_first(&other));
}

#[test]
fn fields_that_affect_the_training_count() {
    let base = of_first(&spec());
    let edits: [fn(&mut ModelSelectionSpec); 13] = [
        |s| s.training.instance_type = "ml.g5.xlarge".into(),
        |s| drop(s.training.hyperparameters.insert("epochs".into(), "6".into())),
        |s| drop(s.datasets[0].hyperparameters.insert("epochs".into(), "6".into())),
        |s| drop(s.candidates[0].overrides.hyperparameters.insert("epochs".into(), "6".into())),
        |s| s.datasets[0].channels[0].s3_uri = Some("s3://bucket/other/".into()),
        |s| s.tuning.max_training_jobs = Some(3),
        |s| s.tuning.parameter_ranges.clear(),
        |s| s.training.metric_definitions[0].regex = "x([0-9.]+)".into(),
        |s| drop(s.training.environment.insert("A".into(), "b".into())),
        |s| s.tuning.autotune = true,
        |s| {
            s.candidates[0].overrides.parameter_ranges =
                vec![ParameterRange { name: "lr".into(), ..ParameterRange::default() }];
        },
        |s| s.datasets[0].channels[0].shuffle_seed = Some(1),
        |s| {
            s.candidates[0].warm_start = Some(WarmStart {
                type_: api::WarmStartType::TransferLearning,
                parent_tuning_job_names: vec!["parent".into()],
                include_parent_results: false,
            });
        },
    ];
    for (i, edit) in edits.iter().enumerate() {
        let mut other = spec();
        edit(&mut other);
        assert_ne!(base, of_first(&other), "edit {i}");
    }
}

/// They are for the other candidates of the selection.
#[test]
fn metric_definitions_do_not_count_for_a_built_in_algorithm() {
    let of = |account: &str, regex: &str| {
        let mut spec = spec();
        spec.training.metric_definitions[0].regex = regex.into();
        let image = format!("{account}.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1");
        let source = Source::Image { image, input_mode: InputMode::File };
        Definition::new(&spec, "us-west-2", &spec.datasets[0], &spec.candidates[0], source).fingerprint()
    };
    assert_eq!(of("246618743249", "a([0-9]+)"), of("246618743249", "b([0-9]+)"));
    assert_ne!(of("111122223333", "a([0-9]+)"), of("111122223333", "b([0-9]+)"), "an image of the user");
}

/// A value has the same effect, whether it is set for all candidates or for this one.
#[test]
fn a_value_of_the_candidate_counts_like_one_of_the_selection() {
    let mut base = spec();
    let mut own = spec();
    base.training.instance_type = "ml.g5.xlarge".into();
    base.tuning.max_training_jobs = Some(7);
    own.candidates[0].overrides.training =
        serde_json::from_value(serde_json::json!({"instanceType": "ml.g5.xlarge"})).unwrap();
    own.candidates[0].overrides.tuning = serde_json::from_value(serde_json::json!({"maxTrainingJobs": 7})).unwrap();
    let own = crate::effective::for_candidate(&own, &own.candidates[0]).unwrap().into_owned();
    assert_eq!(of_first(&base), of_first(&own));
    assert_ne!(of_first(&base), of_first(&spec()));
}

#[test]
fn channel_overrides_count_only_for_their_candidates() {
    let base = spec();
    let mut other = spec();
    let mut channel = other.datasets[0].channels[0].clone();
    channel.content_type = Some("text/csv".into());
    let of = |names: &[&str]| api::ChannelOverride {
        candidates: names.iter().map(|name| (*name).to_owned()).collect(),
        channels: vec![channel.clone()],
    };
    other.datasets[0].channel_overrides = vec![of(&["own"])];
    assert_eq!(of_first(&base), of_first(&other));
    other.datasets[0].channel_overrides = vec![of(&["mobilenet"])];
    assert_ne!(of_first(&base), of_first(&other));
}

#[test]
fn the_last_override_wins() {
    let mut spec = spec();
    spec.datasets[0].hyperparameters.insert("epochs".into(), "6".into());
    spec.datasets[0].hyperparameters.insert("binary_mode".into(), "True".into());
    spec.candidates[1].overrides.hyperparameters.insert("epochs".into(), "7".into());
    let source = Source::Image { image: "x".into(), input_mode: InputMode::File };
    let definition = Definition::new(&spec, "us-west-2", &spec.datasets[0], &spec.candidates[1], source);
    assert_eq!(definition.hyperparameters["epochs"], "7");
    assert_eq!(definition.hyperparameters["binary_mode"], "True");
}
