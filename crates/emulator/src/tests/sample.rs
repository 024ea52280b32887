//! Requests and jobs for the unit tests.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::clock::Moment;
use crate::jobs::job::Job;
use crate::jobs::plan::{Setup, simulate};
use crate::jobs::tags::TagLog;
use crate::logs::models::{Behaviour, Table};
use crate::request::CreateRequest;

/// Creation time of sample jobs.
pub(crate) const CREATED: Moment = Moment::from_millis(1_675_670_400_000);

/// A small valid request.
pub(crate) fn request() -> Value {
    json!({
        "HyperParameterTuningJobName": "sample",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "val_accuracy"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "learning_rate", "Values": ["0.001", "0.0002"]}]},
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": {"epochs": "5"},
            "AlgorithmSpecification": {
                "TrainingImage": "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:2.9-gpu-py39",
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "val_accuracy", "Regex": "- val_accuracy: ([0-9\\.]+)"}],
            },
            "RoleArn": "arn:aws:iam::111122223333:role/Execution",
            "OutputDataConfig": {"S3OutputPath": "s3://bucket/out/"},
            "ResourceConfig": {"InstanceType": "ml.p3.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
            "StoppingCondition": {"MaxRuntimeInSeconds": 360_000},
        },
        "Tags": [{"Key": "owner", "Value": "me"}],
    })
}

/// A request changed at JSON pointers.
pub(crate) fn changed(changes: &[(&str, Value)]) -> Value {
    let mut request = request();
    for (pointer, value) in changes {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        let parent = request.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if value.is_null() {
            parent.remove(member);
        } else {
            parent.insert(member.to_owned(), value.clone());
        }
    }
    request
}

/// A job for a request, with a model of 100 seconds per epoch.
pub(crate) fn job(request: &Value, adjust: impl Fn(&mut Behaviour)) -> Job {
    let parsed: CreateRequest = serde_json::from_value(request.clone()).unwrap();
    let mut behaviour = Table::default().behaviour(None, "sample");
    behaviour.seconds_per_epoch = 100.0;
    adjust(&mut behaviour);
    let setup = Setup {
        behaviours: parsed.definitions().map(|_| behaviour.clone()).collect(),
        reports: parsed.definitions().map(crate::rules::reports).collect(),
        created: CREATED,
        stops: BTreeMap::new(),
        stopped_at_limit: false,
        request: parsed,
    };
    Job {
        plan: simulate(&setup),
        request: request.clone(),
        tags: TagLog::new(CREATED, setup.request.tags.clone()),
        setup,
        training_tags: BTreeMap::new(),
        stopped: None,
        deleted: None,
        created_real: None,
        parent_best: None,
    }
}
