//! The selection as a whole.

use serde_json::json;

use crate::admission::{Case, bad};
use crate::admission::{jumpstart, merged};

pub(super) fn cases() -> Vec<Case> {
    vec![
        bad("no role", "executionRoleARN: null", &["spec.executionRoleARN: Required value"]),
        bad("no objectives", "objectives: null", &["spec.objectives: Required value"]),
        bad("no datasets", "datasets: null", &["spec.datasets: Required value"]),
        bad(
            "no candidates",
            "candidates: null",
            &["spec.candidates", "`candidates` or `candidateSelectors` must be set"],
        ),
        bad("no tuning", "tuning: null", &["spec.tuning: Required value"]),
        bad("no training", "training: null", &["spec.training: Required value"]),
        bad(
            "a region that is none",
            "region: Oregon",
            &["spec.region", "`region` must be the code of an AWS region, such as 'us-west-2'"],
        ),
        bad(
            "a region with a typing error",
            "region: us-wset-2",
            &["spec.region", "`region` must be the code of an AWS region, such as 'us-west-2'"],
        ),
        bad("a region that is too long", &format!("region: us-{}-1", "x".repeat(32)), &["spec.region", "Too long"]),
        bad(
            "a role by its name",
            "executionRoleARN: SageMakerTrainingRole",
            &[
                "spec.executionRoleARN",
                "`executionRoleARN` must be the ARN of an IAM role, such as 'arn:aws:iam::111122223333:role/SageMakerTraining'",
            ],
        ),
        bad(
            "the ARN of a user",
            "executionRoleARN: arn:aws:iam::111122223333:user/somebody",
            &["`executionRoleARN` must be the ARN of an IAM role"],
        ),
        bad(
            "a role that is too long",
            &format!("executionRoleARN: arn:aws:iam::111122223333:role/{}", "x".repeat(2048)),
            &["spec.executionRoleARN", "Too long"],
        ),
        bad(
            "too many jobs at a time",
            "maxConcurrentTuningJobs: 513",
            &["spec.maxConcurrentTuningJobs", "less than or equal to 512"],
        ),
        bad(
            "no jobs at a time",
            "maxConcurrentTuningJobs: 0",
            &["spec.maxConcurrentTuningJobs", "greater than or equal to 1"],
        ),
        bad("too many retries", "retries: 11", &["spec.retries", "less than or equal to 10"]),
        bad("less than no retries", "retries: -1", &["spec.retries", "greater than or equal to 0"]),
        bad(
            "a bad suspendPolicy",
            "suspendPolicy: stop",
            &["spec.suspendPolicy", "Unsupported value", "\"Drain\", \"Stop\""],
        ),
        bad("a bad deletionPolicy", "deletionPolicy: Delete", &["spec.deletionPolicy", "\"Stop\", \"Retain\""]),
        bad("a bad readyPolicy", "readyPolicy: Always", &["spec.readyPolicy", "\"Launched\", \"Completed\""]),
        bad("a long rerun", &format!("rerun: {}", "x".repeat(65)), &["spec.rerun", "Too long"]),
        bad("a suspend that is not a boolean", "suspend: 'yes'", &["spec.suspend", "boolean"]),
        bad(
            "a role of another partition",
            "region: cn-north-1",
            &["spec.executionRoleARN", "`executionRoleARN` must be of the partition of `region`"],
        ),
        Case {
            what: "a long name",
            object: merged(jumpstart(), json!({"metadata": {"name": "x".repeat(64)}})),
            expected: &["`metadata.name` must be at most 63 characters long"],
        },
        Case {
            what: "a name in upper case",
            object: merged(jumpstart(), json!({"metadata": {"name": "Caltech"}})),
            expected: &["metadata.name", "lower"],
        },
        Case {
            what: "no spec",
            object: merged(jumpstart(), json!({"spec": null})),
            expected: &["spec: Required value"],
        },
    ]
}
