use serde_json::{Value, json};

use super::*;

fn object() -> Value {
    let run = |candidate: &str, accuracy: &str, throughput: &str, rank: i32| {
        json!({"candidate": candidate, "dataset": "small", "state": "Succeeded", "attempt": 0, "paretoRank": rank,
            "tuningJobName": format!("job-{candidate}"),
            "best": {"trainingJobName": format!("{candidate}-001"), "metrics": [
                {"name": "test_accuracy", "value": accuracy}, {"name": "test_throughput", "value": throughput}]}})
    };
    let mut object = samples::Selection::new("s").images(&["a", "b", "c"]).0;
    object["status"] = json!({
        "region": "us-west-2",
        "runs": [run("a", "0.9", "1", 0), run("b", "0.8", "5", 0), run("c", "0.7", "2", 1)],
        "objectives": ["test_accuracy", "test_throughput"],
        "fronts": [{
            "dataset": "small", "hypervolume": "1.5", "recommendation": {"candidate": "b", "rule": "Knee", "message": "the knee"},
            "members": [{"candidate": "a", "values": []}, {"candidate": "b", "values": []}],
        }],
    });
    object
}

fn json(typed: &ModelSelection, options: &Options) -> Value {
    serde_json::to_value(selection(typed, options)).unwrap()
}

fn model(object: &Value) -> Value {
    let typed: ModelSelection = serde_json::from_value(object.clone()).unwrap();
    json(&typed, &Options::default())
}

#[test]
fn runs_have_the_role_that_the_front_gives_them() {
    let model = model(&object());
    assert_eq!(model["runs"][0]["role"], "front");
    assert_eq!(model["runs"][2]["role"], "dominated");
    assert_eq!(model["fronts"][0]["members"], json!([0, 1]));
    assert_eq!(model["fronts"][0]["recommended"], 1);
    assert_eq!(model["metrics"], json!(["test_accuracy", "test_throughput"]));
    assert_eq!(
        model["console"]["tuning"],
        "https://us-west-2.console.aws.amazon.com/sagemaker/home?region=us-west-2#/hyper-tuning-jobs/"
    );
}

#[test]
fn training_jobs_on_the_front_that_are_not_the_best_of_their_run_are_rows() {
    let mut object = object();
    object["status"]["fronts"][0]["members"] = json!([
        {"candidate": "a", "trainingJobName": "a-001", "values": []},
        {"candidate": "c", "trainingJobName": "c-007", "values": ["0.75", "9"]},
        {"candidate": "c", "trainingJobName": "c-008", "values": ["0.76", "8"]},
    ]);
    object["status"]["fronts"][0]["recommendation"] =
        json!({"candidate": "c", "trainingJobName": "c-008", "rule": "Knee", "message": "the knee"});
    let model = model(&object);
    assert_eq!(model["fronts"][0]["members"], json!([0, 3, 4]));
    assert_eq!(model["fronts"][0]["recommended"], 4);
    assert_eq!(model["runs"][3]["kind"], "trial");
    assert_eq!(model["runs"][3]["values"], json!([0.75, 9.0]));
    let roles: Vec<&Value> = (0..5).map(|row| &model["runs"][row]["role"]).collect();
    assert_eq!(roles, ["front", "dominated", "dominated", "front", "front"], "b has a rank of another training job");
    // The recommended training job is not listed: no other one is marked instead.
    object["status"]["fronts"][0]["recommendation"]["trainingJobName"] = json!("c-900");
    object["status"]["fronts"][0]["omittedMembers"] = json!(1);
    assert_eq!(self::model(&object)["fronts"][0]["recommended"], Value::Null);
}

#[test]
fn observed_results_and_the_reasons_of_a_recommendation_are_shown() {
    let mut object = object();
    object["spec"]["candidates"].as_array_mut().unwrap().push(json!({"name": "production", "observed": {
        "metrics": {"test_accuracy": "0.6", "test_throughput": "0.5"}}}));
    object["spec"]["objectives"][1]["scale"] = json!("Logarithmic");
    let front = &mut object["status"]["fronts"][0];
    front["recommendation"] = json!({"candidate": "a", "rule": "Knee", "message": "nearest to the ideal",
        "alternatives": [{"candidate": "b", "message": "-10 points for 5 times the throughput", "differences": []}]});
    front["observed"] = json!([{"candidate": "production", "paretoRank": 2, "beatenBy": ["a"], "beatenByCount": 1, "values": ["0.6", "0.5"]}]);
    front["excluded"] = json!([{"candidate": "vendor", "reason": "MetricMissing", "message": "no 'test_accuracy'"}]);
    let model = model(&object);
    assert_eq!(model["objectives"][1]["logarithmic"], true);
    let front = &model["fronts"][0];
    assert_eq!((&front["recommended"], &front["why"]), (&json!(0), &json!("nearest to the ideal")));
    assert_eq!(front["alternatives"], json!([{"run": 1, "message": "-10 points for 5 times the throughput"}]));
    let production = &model["runs"][3];
    assert_eq!((&production["kind"], &production["role"]), (&json!("observed"), &json!("dominated")));
    assert_eq!((&production["beatenBy"], &production["values"]), (&json!(["a"]), &json!([0.6, 0.5])));
    let vendor = &model["runs"][4];
    assert_eq!((&vendor["kind"], &vendor["role"]), (&json!("observed"), &json!("excluded")));
}

#[test]
fn time_and_cost_of_the_search_are_shown_with_all_training_jobs() {
    let mut object = object();
    object["spec"]["prices"] = json!({"ml.p3.2xlarge": "3.6"});
    let typed: ModelSelection = serde_json::from_value(object.clone()).unwrap();
    let job = |billable, instance: &str| api::BestTrainingJob {
        billable_seconds: Some(billable),
        instance_count: Some(2),
        instance_type: Some(instance.to_owned()),
        ..Default::default()
    };
    let trials = [
        ("job-a".to_owned(), vec![job(1000, "ml.p3.2xlarge"), job(500, "ml.p3.2xlarge")].into()),
        ("job-b".to_owned(), vec![job(1000, "ml.of.no.price")].into()),
    ];
    let options = Options { trials: trials.into(), ..Options::default() };
    let model = json(&typed, &options);
    assert_eq!(model["runs"][0]["search"], json!({"jobs": 2, "billed": 3000, "cost": 3.0}));
    assert_eq!(model["runs"][1]["search"], json!({"jobs": 1, "billed": 2000}));
    assert_eq!(model["runs"][2]["search"], Value::Null);
}

#[test]
fn excluded_runs_have_a_reason() {
    let mut object = object();
    object["status"]["runs"][2].as_object_mut().unwrap().remove("paretoRank");
    object["status"]["fronts"][0]["excluded"] = json!([{"candidate": "c", "reason": "Infeasible", "message": "'test_accuracy' is 0.7, below the minimum 0.75"}]);
    let model = model(&object);
    assert_eq!(model["runs"][2]["role"], "infeasible");
    assert_eq!(model["runs"][2]["reason"], "Infeasible");
    assert_eq!(model["runs"][2]["message"], "'test_accuracy' is 0.7, below the minimum 0.75");
}
