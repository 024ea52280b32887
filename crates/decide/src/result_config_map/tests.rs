use super::*;
use api::{BestTrainingJob, Condition, MetricValue};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

fn spec(datasets: &[&str]) -> ModelSelectionSpec {
    let mut spec = samples::spec();
    let first = spec.datasets[0].clone();
    spec.datasets = datasets.iter().map(|name| api::Dataset { name: (*name).to_owned(), ..first.clone() }).collect();
    spec
}

fn front(dataset: &str, candidate: &str) -> Front {
    let value = |name: &str, value: &str| MetricValue { name: name.to_owned(), value: value.to_owned() };
    let recommendation = Recommendation {
        candidate: Some(candidate.to_owned()),
        training_job: Some(BestTrainingJob {
            training_job_name: "job-001".into(),
            hyperparameters: [("learning-rate".to_owned(), "0.001".to_owned())].into(),
            metrics: vec![value("val:accuracy", "0.9"), value("val.accuracy", "0.8")],
            model_artifact_s3_uri: Some("s3://bucket/job-001/output/model.tar.gz".into()),
            ..BestTrainingJob::default()
        }),
        hosting: Some(Hosting {
            image: Some("registry/serve:1".into()),
            environment: [("SAGEMAKER_PROGRAM".to_owned(), "inference.py".to_owned())].into(),
            ..Hosting::default()
        }),
        message: "the best value of test_accuracy".into(),
        ..Recommendation::default()
    };
    Front { dataset: dataset.to_owned(), recommendation: Some(recommendation), ..Front::default() }
}

fn run(dataset: &str, candidate: &str) -> RunStatus {
    RunStatus {
        candidate: candidate.to_owned(),
        dataset: dataset.to_owned(),
        tuning_job_name: Some("job".into()),
        ..RunStatus::default()
    }
}

/// A status in which every run has ended.
fn complete(fronts: Vec<Front>, runs: Vec<RunStatus>) -> ModelSelectionStatus {
    ModelSelectionStatus {
        fronts,
        runs,
        region: Some("us-west-2".into()),
        completion_time: Some(Time(Timestamp::UNIX_EPOCH)),
        ..ModelSelectionStatus::default()
    }
}

#[test]
fn the_winner_has_plain_keys() {
    let status = complete(vec![front("birds", "one")], vec![run("birds", "one")]);
    let Wanted { data, is_result, has_winner } = wanted(&spec(&["birds"]), &status);
    assert!(is_result && has_winner);
    let expected = [
        ("artifact", "s3://bucket/job-001/output/model.tar.gz"),
        ("candidate", "one"),
        ("dataset", "birds"),
        ("environment_SAGEMAKER_PROGRAM", "inference.py"),
        ("hyperparameter_learning_rate", "0.001"),
        ("image", "registry/serve:1"),
        ("message", "the best value of test_accuracy"),
        // Of two names that become one, the first.
        ("metric_val_accuracy", "0.9"),
        ("network_isolation", "false"),
        ("region", "us-west-2"),
        ("training_job", "job-001"),
        ("tuning_job", "job"),
        ("winner", "true"),
    ];
    assert_eq!(data, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[test]
fn with_several_datasets_each_has_its_keys_and_the_first_the_plain_ones() {
    let fronts = vec![front("birds", "one"), front("Wild-flowers.2", "two")];
    let runs = vec![run("birds", "one"), run("Wild-flowers.2", "two")];
    let data = wanted(&spec(&["birds", "Wild-flowers.2"]), &complete(fronts, runs)).data;
    for (name, value) in
        [("candidate", "one"), ("dataset_birds_candidate", "one"), ("dataset_Wild_flowers_2_candidate", "two")]
    {
        assert_eq!(data[name], value);
    }
    let variable = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    assert!(data.keys().all(|name| variable(name) && !name.starts_with(|first: char| first.is_ascii_digit())));
}

#[test]
fn without_a_winner_it_says_why() {
    let nothing = Recommendation { message: "no member of the front has it".into(), ..Recommendation::default() };
    let elsewhere = Recommendation {
        candidate: Some("production".into()),
        hosting: Some(Hosting::none("elsewhere")),
        ..Recommendation::default()
    };
    for (recommendation, why) in [
        (None, "no run of this dataset can be on the front"),
        (Some(nothing), "no member of the front has it"),
        (Some(elsewhere), "'production', which was measured elsewhere, is best"),
    ] {
        let front = Front { dataset: "birds".into(), recommendation, ..Front::default() };
        let wanted = wanted(&spec(&["birds"]), &complete(vec![front], vec![run("birds", "one")]));
        assert!(wanted.is_result && !wanted.has_winner);
        assert_eq!((wanted.data["winner"].as_str(), wanted.data["message"].as_str()), ("false", why));
        assert!(!wanted.data.contains_key("candidate"));
        assert_eq!(condition("w", &wanted, None).reason, Reason::NoUsableResult);
    }
}

#[test]
fn nothing_is_a_result_before_every_run_has_ended_and_the_image_is_known() {
    let ended = complete(vec![front("birds", "one")], vec![run("birds", "one")]);
    let running = ModelSelectionStatus { completion_time: None, ..ended.clone() };
    let mut unknown = ended.clone();
    unknown.fronts[0].recommendation.as_mut().unwrap().hosting = None;
    for status in [running, unknown] {
        let wanted = wanted(&spec(&["birds"]), &status);
        assert!(!wanted.is_result && wanted.data["winner"] == "false");
        assert_eq!(wanted.data["message"], "the winner is written when every run has ended");
        // What was deployed stays.
        assert_eq!(step("w", &wanted, &Found::Ours(Data::new())), Step::Leave);
        assert_eq!(step("w", &wanted, &Found::Nothing), Step::Create);
        assert_eq!(condition("w", &wanted, None).status, ConditionStatus::Unknown);
    }
}

#[test]
fn it_is_written_only_when_it_changes_and_only_if_it_is_ours() {
    let status = complete(vec![front("birds", "one")], vec![run("birds", "one")]);
    let wanted = wanted(&spec(&["birds"]), &status);
    assert_eq!(step("w", &wanted, &Found::Ours(wanted.data.clone())), Step::Leave);
    assert_eq!(step("w", &wanted, &Found::Ours(Data::new())), Step::Write);
    let Step::Refuse(problem) = step("w", &wanted, &Found::Other) else { panic!() };
    let refused = condition("w", &wanted, Some(&problem));
    assert_eq!((refused.status, refused.reason), (ConditionStatus::False, Reason::ConfigMapConflict));
    assert!(refused.message.contains("choose another name for `resultConfigMap`"), "{}", refused.message);
    for (condition, open) in [(refused, true), (condition("w", &wanted, None), false)] {
        let conditions: Vec<Condition> = api::merge_conditions(&[], vec![condition], Some(1), Timestamp::UNIX_EPOCH);
        assert_eq!(is_open(&ModelSelectionStatus { conditions, ..status.clone() }), open);
    }
    assert!(!is_open(&status), "without the field there is no condition");
}
