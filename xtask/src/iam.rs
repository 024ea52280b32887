//! Generates the IAM policies of the operator's role, from the list of the calls that it makes.

use decide::job_name::JOB_NAME_PREFIX;
use sagemaker::{JUMPSTART_BUCKET_PREFIX, Operation, PUBLIC_HUB};
use serde_json::{Value, json};

/// The resources of an allowed action.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The operator's own jobs: it writes to no others.
    OwnJobs,
    /// Jobs of any name, to read: a candidate may refer to a tuning job of another owner.
    AnyJob,
    /// The vendor's models, which belong to no account.
    Hub,
    /// IAM has no resource type for it.
    Everything,
}

impl Scope {
    /// The scope of an operation. The match is exhaustive, so that a new operation does not compile until it has a
    /// scope.
    fn of(operation: Operation) -> Self {
        match operation {
            Operation::CreateHyperParameterTuningJob
            | Operation::StopHyperParameterTuningJob
            // Only for jobs with one of our names, to check their owner.
            | Operation::ListTags => Self::OwnJobs,
            Operation::DescribeHyperParameterTuningJob
            | Operation::DescribeTrainingJob
            | Operation::ListTrainingJobsForHyperParameterTuningJob => Self::AnyJob,
            Operation::DescribeHubContent | Operation::ListHubContents | Operation::ListHubContentVersions => Self::Hub,
            Operation::ListHyperParameterTuningJobs | Operation::Search => Self::Everything,
        }
    }

    fn sid(self) -> &'static str {
        match self {
            Self::OwnJobs => "OwnJobs",
            Self::AnyJob => "ReadJobs",
            Self::Hub => "JumpStartHub",
            Self::Everything => "Listings",
        }
    }

    fn resources(self) -> Vec<String> {
        let jobs = |names: &str| {
            ["hyper-parameter-tuning-job", "training-job"]
                .map(|kind| format!("arn:aws:sagemaker:*:ACCOUNT:{kind}/{names}"))
                .into()
        };
        match self {
            Self::OwnJobs => jobs(&format!("{JOB_NAME_PREFIX}*")),
            Self::AnyJob => jobs("*"),
            Self::Hub => vec![
                format!("arn:aws:sagemaker:*:aws:hub/{PUBLIC_HUB}"),
                format!("arn:aws:sagemaker:*:aws:hub-content/{PUBLIC_HUB}/Model/*"),
            ],
            Self::Everything => vec!["*".to_owned()],
        }
    }
}

/// The policy that the operator always needs.
pub fn operator() -> String {
    let mut statements: Vec<Value> = [Scope::OwnJobs, Scope::AnyJob, Scope::Hub, Scope::Everything]
        .into_iter()
        .map(|scope| {
            let called = Operation::ALL.iter().filter(|operation| Scope::of(**operation) == scope);
            let mut actions: Vec<String> =
                called.map(|operation| format!("sagemaker:{}", operation.as_str())).collect();
            if scope == Scope::OwnJobs {
                // Required for creating a job with tags; SageMaker copies them to its training jobs.
                actions.push("sagemaker:AddTags".to_owned());
            }
            actions.sort_unstable();
            json!({"Sid": scope.sid(), "Effect": "Allow", "Action": actions, "Resource": scope.resources()})
        })
        .collect();
    statements.push(json!({
        "Sid": "ExecutionRole",
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": "arn:aws:iam::ACCOUNT:role/EXECUTION_ROLE",
        "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    }));
    policy(&statements)
}

/// The additional policy for `--catalog-source s3`.
pub fn catalog() -> String {
    let bucket = format!("arn:aws:s3:::{JUMPSTART_BUCKET_PREFIX}*");
    policy(&[
        json!({
            "Sid": "JumpStartFiles", "Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("{bucket}/*"),
        }),
        // Without it, S3 denies access to a file that does not exist, so that an unknown model looks like a missing
        // permission.
        json!({
            "Sid": "JumpStartMissingFiles", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket,
        }),
    ])
}

fn policy(statements: &[Value]) -> String {
    format!("{:#}\n", json!({"Version": "2012-10-17", "Statement": statements}))
}
