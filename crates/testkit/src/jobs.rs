//! Tuning jobs, as the emulator describes them.

use serde_json::{Value, json};

/// A tuning job of the emulator, with the values of its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// Its status, such as `InProgress`.
    pub status: String,
    /// Its region.
    pub region: String,
    /// The tag `candidate`. Like the others it is empty if the job has no such tag.
    pub candidate: String,
    /// The tag `dataset`.
    pub dataset: String,
    /// The tag `definition`: the fingerprint.
    pub definition: String,
    /// The tag `attempt`.
    pub attempt: String,
    /// The tag `namespace`: that of the selection.
    pub namespace: String,
    /// The tag `name`: that of the selection.
    pub selection: String,
}

impl Job {
    /// Parses the emulator's own description of a job.
    pub(super) fn read(job: &Value) -> Self {
        let text = |field: &str| job[field].as_str().unwrap_or_default().to_owned();
        let tag = |key: &str| job["tags"][format!("modelselection.dev/{key}")].as_str().unwrap_or_default().to_owned();
        Self {
            name: text("name"),
            status: text("status"),
            region: text("region"),
            candidate: tag("candidate"),
            dataset: tag("dataset"),
            definition: tag("definition"),
            attempt: tag("attempt"),
            namespace: tag("namespace"),
            selection: tag("name"),
        }
    }
}

/// The largest number of jobs that ran at the same time, by their times.
pub fn most_at_once<'a>(jobs: impl IntoIterator<Item = &'a Value>) -> usize {
    // Ends before starts: a job that starts when another one has ended may use its permit.
    let mut changes: Vec<(f64, i32)> = jobs
        .into_iter()
        .flat_map(|job| {
            [(job["creationTime"].as_f64().expect("a time"), 1), (job["endTime"].as_f64().expect("a time"), -1)]
        })
        .collect();
    changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut now = 0;
    let peak = changes.iter().map(|(_, change)| {
        now += change;
        now
    });
    usize::try_from(peak.max().unwrap_or(0)).expect("as many jobs begin as end")
}

/// The selection that a job belongs to.
pub fn owner(job: &Value) -> &str {
    job["tags"]["modelselection.dev/name"].as_str().unwrap_or_default()
}

/// A request for a job of another owner, with a name that the operator would use.
pub fn foreign_job(name: &str) -> Value {
    json!({
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "m"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "x", "Values": ["1"]}]},
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {
                "TrainingImage": "444455556666.dkr.ecr.us-west-2.amazonaws.com/other:1",
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "m", "Regex": "- val_accuracy: ([0-9.]+)"}],
            },
            "RoleArn": "arn:aws:iam::111122223333:role/Other",
            "OutputDataConfig": {"S3OutputPath": "s3://other/"},
            "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
            "StoppingCondition": {"MaxRuntimeInSeconds": 360_000},
        },
        "Tags": [{"Key": "team", "Value": "other"}],
    })
}
