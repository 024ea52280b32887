use serde_json::{Value, json};

use super::*;
use crate::tests::sample;

const CONFIG: &str = "/HyperParameterTuningJobConfig";
const DEFINITION: &str = "/TrainingJobDefinition";

fn verdict(changes: &[(&str, Value)]) -> Option<String> {
    let request = sample::changed(changes);
    assert_eq!(crate::model::validate("CreateHyperParameterTuningJob", &request), [], "only rules are tested here");
    let request: CreateRequest = serde_json::from_value(request).unwrap();
    check(&request).err().map(|error| {
        assert_eq!(error.code, "ValidationException");
        error.message
    })
}

fn ranges(kind: &str, range: &Value) -> (String, Value) {
    (format!("{CONFIG}/ParameterRanges"), json!({kind: [range]}))
}

fn numeric(name: &str, min: &str, max: &str, scaling: &str) -> Value {
    json!({"Name": name, "MinValue": min, "MaxValue": max, "ScalingType": scaling})
}

#[test]
fn the_sample_breaks_no_rule() {
    assert_eq!(verdict(&[]), None);
}

#[test]
fn known_messages_are_used_literally() {
    let metrics = format!("{DEFINITION}/AlgorithmSpecification/MetricDefinitions");
    assert_eq!(verdict(&[(&metrics, Value::Null)]).unwrap(), METRIC_REQUIRED);
    let hyperband = (format!("{CONFIG}/Strategy"), json!("Hyperband"));
    let statics = (format!("{DEFINITION}/StaticHyperParameters"), json!({"x": "1"}));
    assert_eq!(verdict(&[(&hyperband.0, hyperband.1.clone()), (&statics.0, statics.1)]).unwrap(), MAX_RESOURCE);
    assert_eq!(verdict(&[(&hyperband.0, hyperband.1)]), None, "inferred from epochs");
}

#[test]
fn built_in_algorithms_need_no_metric_definitions() {
    let algorithm = |image: &str| {
        let value = json!({"TrainingImage": image, "TrainingInputMode": "File"});
        let objective = json!({"Type": "Maximize", "MetricName": "validation:accuracy"});
        verdict(&[
            (&format!("{DEFINITION}/AlgorithmSpecification"), value),
            (&format!("{CONFIG}/HyperParameterTuningJobObjective"), objective),
        ])
    };
    assert_eq!(algorithm("433757028032.dkr.ecr.us-west-2.amazonaws.com/image-classification:1"), None);
    assert_eq!(algorithm("433757028032.dkr.ecr.us-west-2.amazonaws.com/xgboost:1"), None);
    let kmeans = algorithm("174872318107.dkr.ecr.us-west-2.amazonaws.com/kmeans:1").unwrap();
    assert!(kmeans.contains("[validation:accuracy], isn't valid for the ["), "{kmeans}");
    assert!(algorithm("111122223333.dkr.ecr.us-west-2.amazonaws.com/xgboost:1").is_some(), "that is the user's own");
    assert!(algorithm("763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:2.9-gpu-py39").is_some());
}

#[test]
fn their_definitions_cannot_be_overridden() {
    let image = format!("{DEFINITION}/AlgorithmSpecification/TrainingImage");
    let found = verdict(&[(&image, json!("433757028032.dkr.ecr.us-west-2.amazonaws.com/xgboost:1"))]);
    assert_eq!(found.as_deref(), Some(NO_OVERRIDE));
    let own = verdict(&[(&image, json!("111122223333.dkr.ecr.us-west-2.amazonaws.com/xgboost:1"))]);
    assert_eq!(own, None, "a repository of the same name in the user's account");
}

#[test]
fn algorithm_resources_have_definitions_of_their_own() {
    let algorithm = |more: &Value| {
        let mut value = json!({"AlgorithmName": "mine", "TrainingInputMode": "File"});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        verdict(&[(&format!("{DEFINITION}/AlgorithmSpecification"), value)])
    };
    assert_eq!(algorithm(&json!({})), None);
    assert_eq!(algorithm(&json!({"MetricDefinitions": []})), None);
    let metrics = json!({"MetricDefinitions": [{"Name": "val_accuracy", "Regex": "a: ([0-9.]+)"}]});
    assert_eq!(algorithm(&metrics).as_deref(), Some(NO_OVERRIDE_OF_RESOURCE));
}

#[test]
fn ranges_are_checked() {
    let cases = [
        (ranges("IntegerParameterRanges", &numeric("a", "5", "1", "Auto")), "must not exceed"),
        (ranges("IntegerParameterRanges", &numeric("a", "1.5", "2", "Auto")), "must each be an integer"),
        (ranges("IntegerParameterRanges", &numeric("a", "0", "2", "Logarithmic")), "greater than 0"),
        (ranges("IntegerParameterRanges", &numeric("a", "1", "2", "ReverseLogarithmic")), "not supported"),
        (ranges("ContinuousParameterRanges", &numeric("a", "0.0", "1", "Logarithmic")), "greater than 0"),
        (ranges("ContinuousParameterRanges", &numeric("a", "0.1", "1.0", "ReverseLogarithmic")), "0 <= x < 1"),
        (ranges("ContinuousParameterRanges", &numeric("a", "nan", "1", "Auto")), "must each be a number"),
        (ranges("ContinuousParameterRanges", &numeric("epochs", "1", "2", "Auto")), "both static and tunable"),
        (ranges("AutoParameters", &json!({"Name": "a", "ValueHint": "1"})), "only supported when Autotune"),
        ((format!("{CONFIG}/ParameterRanges"), json!({})), "At least one hyperparameter range"),
    ];
    for ((pointer, value), expected) in cases {
        let found = verdict(&[(&pointer, value.clone())]).unwrap_or_default();
        assert!(found.contains(expected), "{value}: {found:?}");
    }
    let many = |n: usize| (0..n).map(|i| json!({"Name": format!("p{i}"), "Values": ["a"]})).collect::<Vec<_>>();
    let spread =
        json!({"CategoricalParameterRanges": many(30), "IntegerParameterRanges": [numeric("a", "1", "2", "Auto")]});
    let pointer = format!("{CONFIG}/ParameterRanges");
    assert!(verdict(&[(&pointer, spread)]).unwrap().contains("must not exceed 30"), "the sum counts");
    assert_eq!(verdict(&[(&pointer, json!({"CategoricalParameterRanges": many(30)}))]), None);
    let twice = json!({"CategoricalParameterRanges": [many(1)[0], many(1)[0]]});
    assert!(verdict(&[(&pointer, twice)]).unwrap().contains("more than one range"));
    let statics: serde_json::Map<String, Value> = (0..99).map(|i| (format!("s{i}"), json!("1"))).collect();
    assert!(verdict(&[(&format!("{DEFINITION}/StaticHyperParameters"), json!(statics))]).unwrap().contains("100"));
}

#[test]
fn strategies_are_checked() {
    let strategy = format!("{CONFIG}/Strategy");
    let limits = |max: u32| {
        (format!("{CONFIG}/ResourceLimits"), json!({"MaxNumberOfTrainingJobs": max, "MaxParallelTrainingJobs": 1}))
    };
    let (pointer, three) = limits(3);
    assert!(verdict(&[(&strategy, json!("Grid")), (&pointer, three)]).unwrap().contains("which is 2"));
    assert_eq!(verdict(&[(&strategy, json!("Grid")), (&pointer, limits(2).1)]), None);
    let (range, value) = ranges("IntegerParameterRanges", &numeric("a", "1", "2", "Auto"));
    assert!(verdict(&[(&strategy, json!("Grid")), (&range, value)]).unwrap().contains("categorical"));
    let early = format!("{CONFIG}/TrainingJobEarlyStoppingType");
    assert!(verdict(&[(&strategy, json!("Hyperband")), (&early, json!("Auto"))]).unwrap().contains("must be Off"));
    let settings = format!("{CONFIG}/StrategyConfig");
    let bounds = |min: u32, max: u32| json!({"HyperbandStrategyConfig": {"MinResource": min, "MaxResource": max}});
    assert!(verdict(&[(&settings, bounds(1, 2))]).unwrap().contains("only supported with the Hyperband"));
    assert!(
        verdict(&[(&strategy, json!("Hyperband")), (&settings, bounds(3, 2))]).unwrap().contains("must not exceed")
    );
}

#[test]
fn definitions_are_checked() {
    let one = sample::request()["TrainingJobDefinition"].clone();
    let mut named = one.clone();
    named["DefinitionName"] = json!("a");
    named["TuningObjective"] = json!({"Type": "Maximize", "MetricName": "val_accuracy"});
    named["HyperParameterRanges"] = json!({"CategoricalParameterRanges": [{"Name": "x", "Values": ["1"]}]});
    let mut other = named.clone();
    other["DefinitionName"] = json!("b");
    let several = |all: Value, keep: bool| {
        let mut changes = vec![("/TrainingJobDefinition", Value::Null), ("/TrainingJobDefinitions", all)];
        if !keep {
            changes.push(("/HyperParameterTuningJobConfig/HyperParameterTuningJobObjective", Value::Null));
            changes.push(("/HyperParameterTuningJobConfig/ParameterRanges", Value::Null));
        }
        verdict(&changes)
    };
    assert_eq!(several(json!([named, other]), false), None);
    assert!(several(json!([named, named]), false).unwrap().contains("unique"));
    assert!(several(json!([named, other]), true).unwrap().contains("must not be provided together"));
    assert!(several(json!([one]), false).unwrap().contains("are required in each"));
    assert!(verdict(&[("/TrainingJobDefinitions", json!([named]))]).unwrap().contains("Exactly one"));
    assert!(verdict(&[("/TrainingJobDefinition", Value::Null)]).unwrap().contains("Exactly one"));
    assert!(
        verdict(&[(&format!("{CONFIG}/HyperParameterTuningJobObjective"), Value::Null)])
            .unwrap()
            .contains("is required")
    );
}

#[test]
fn resources_and_times_are_checked() {
    let resources = format!("{DEFINITION}/ResourceConfig");
    let flexible = format!("{DEFINITION}/HyperParameterTuningResourceConfig");
    let choices = json!([{"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}]);
    assert!(verdict(&[(&resources, Value::Null)]).unwrap().contains("Exactly one of ResourceConfig"));
    assert!(
        verdict(&[(&flexible, json!({"InstanceConfigs": choices}))]).unwrap().contains("Exactly one of ResourceConfig")
    );
    assert_eq!(verdict(&[(&resources, Value::Null), (&flexible, json!({"InstanceConfigs": choices}))]), None);
    let both = json!({"InstanceConfigs": choices, "InstanceType": "ml.g5.xlarge"});
    assert!(
        verdict(&[(&resources, Value::Null), (&flexible, both)]).unwrap().contains("must not be provided together")
    );
    let volume = json!({"InstanceConfigs": choices, "VolumeSizeInGB": 30});
    assert!(verdict(&[(&resources, Value::Null), (&flexible, volume)]).unwrap().contains("VolumeSizeInGB"));
    assert!(verdict(&[(&resources, json!({"InstanceCount": 1}))]).unwrap().contains("InstanceType must be provided"));
    let spot = format!("{DEFINITION}/EnableManagedSpotTraining");
    let stopping = format!("{DEFINITION}/StoppingCondition");
    let times = |run: u32, wait: u32| json!({"MaxRuntimeInSeconds": run, "MaxWaitTimeInSeconds": wait});
    assert!(verdict(&[(&spot, json!(true))]).unwrap().contains("is required"));
    assert!(verdict(&[(&spot, json!(true)), (&stopping, times(100, 99))]).unwrap().contains("greater than or equal"));
    assert_eq!(verdict(&[(&spot, json!(true)), (&stopping, times(100, 100))]), None);
    assert!(verdict(&[(&stopping, times(100, 100))]).unwrap().contains("must not be provided"));
    assert!(verdict(&[(&stopping, json!({"MaxRuntimeInSeconds": 2_419_201}))]).unwrap().contains("28 days"));
}

#[test]
fn metric_definitions_are_checked() {
    let metrics = format!("{DEFINITION}/AlgorithmSpecification/MetricDefinitions");
    let good = json!({"Name": "val_accuracy", "Regex": "- val_accuracy: ([0-9\\.]+)"});
    let bad = json!({"Name": "broken", "Regex": "(["});
    assert!(verdict(&[(&metrics, json!([good, bad]))]).unwrap().contains("Invalid regular expression"));
    assert!(verdict(&[(&metrics, json!([good, good]))]).unwrap().contains("unique"));
}
