//! `SageMaker`'s built-in algorithms have metrics of their own, and their definitions cannot be overridden.

use serde_json::{Value, json};

use super::harness::{Answers as _, CREATE, DESCRIBE, Emulator, named, request};

const NO_OVERRIDE: &str = "You can't override the metric definitions for Amazon SageMaker algorithms. Please retry the request without specifying metric definitions.";

fn tuned(name: &str, image: &str, objective: &str, goal: &str) -> Value {
    let mut job = request(name);
    let definition = &mut job["TrainingJobDefinition"];
    definition["AlgorithmSpecification"] = json!({"TrainingImage": image, "TrainingInputMode": "File"});
    definition["StaticHyperParameters"] = json!({"num_round": "20", "eval_metric": "auc,error"});
    job["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"] =
        json!({"Type": goal, "MetricName": objective});
    job["HyperParameterTuningJobConfig"]["ParameterRanges"] =
        json!({"ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.01", "MaxValue": "0.5"}]});
    job
}

async fn metrics(emulator: &Emulator, name: &str) -> Vec<(String, f64)> {
    let best = emulator.ok(DESCRIBE, &named(name)).await["BestTrainingJob"]["TrainingJobName"].clone();
    let training = emulator.ok("DescribeTrainingJob", &json!({"TrainingJobName": best})).await;
    let list = training["FinalMetricDataList"].as_array().unwrap();
    list.iter().map(|m| (m["MetricName"].as_str().unwrap().to_owned(), m["Value"].as_f64().unwrap())).collect()
}

#[tokio::test]
async fn they_report_their_own_metrics() {
    let emulator = Emulator::start(&[]);
    for (name, image, objective, goal) in [
        ("old", "433757028032.dkr.ecr.us-west-2.amazonaws.com/xgboost:1", "validation:error", "Minimize"),
        ("new", "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1", "validation:auc", "Maximize"),
        ("means", "174872318107.dkr.ecr.us-west-2.amazonaws.com/kmeans:1", "test:msd", "Minimize"),
        (
            "linear",
            "174872318107.dkr.ecr.us-west-2.amazonaws.com/linear-learner:1",
            "validation:objective_loss",
            "Minimize",
        ),
    ] {
        emulator.ok(CREATE, &tuned(name, image, objective, goal)).await;
        emulator.advance(1e6).await;
        let found = metrics(&emulator, name).await;
        let value = |metric: &str| found.iter().find(|(name, _)| name == metric).map(|(_, value)| *value);
        assert!(value(objective).is_some_and(|value| value > 0.0), "{name}: {found:?}");
        assert_eq!(value("ObjectiveMetric"), value(objective), "{name}");
        if name == "new" {
            assert!(value("validation:error").is_some(), "eval_metric asks for it: {found:?}");
            assert_eq!(value("validation:rmse"), None, "and not for this");
        }
    }
}

#[tokio::test]
async fn their_definitions_cannot_be_overridden() {
    let emulator = Emulator::start(&[]);
    let mut job = tuned("x", "433757028032.dkr.ecr.us-west-2.amazonaws.com/xgboost:1", "validation:auc", "Maximize");
    job["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"] =
        json!([{"Name": "validation:auc", "Regex": "auc: ([0-9.]+)"}]);
    let refused = emulator.error(CREATE, &job).await;
    assert_eq!(refused, (400, json!({"__type": "ValidationException", "message": NO_OVERRIDE})));
}

#[tokio::test]
async fn a_few_models_of_other_tasks_can_be_in_the_hub() {
    let emulator = Emulator::start(&["--other-tasks"]);
    let path = "jumpstart-cache-prod-us-west-2/community_models";
    for (id, version, metric) in [
        ("lightgbm-classification-model", "2.1.0", "auc"),
        ("tensorflow-od1-ssd-resnet50-v1-fpn-640x640-coco17-tpu-8", "3.0.0", "validation:localization_loss"),
        ("tensorflow-tc-bert-en-uncased-L-12-H-768-A-12-2", "3.0.0", "validation:accuracy"),
    ] {
        let spec = emulator.get(&format!("{path}/{id}/specs_v{version}.json")).await.1;
        assert_eq!(spec["metrics"][0]["Name"], metric, "{spec}");
        let mut job = request(&format!("t-{}", &id[..12]).replace("--", "-"));
        job["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"] = spec["metrics"].clone();
        job["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["MetricName"] = json!(metric);
        job["Tags"] = json!([{"Key": "sagemaker-sdk:jumpstart-model-id", "Value": id}]);
        emulator.ok(CREATE, &job).await;
        emulator.advance(1e6).await;
        let name = job["HyperParameterTuningJobName"].as_str().unwrap();
        assert!(metrics(&emulator, name).await.iter().any(|(name, value)| name == metric && *value > 0.0), "{id}");
    }
}
