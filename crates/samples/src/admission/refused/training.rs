//! Training.

use crate::admission::{Case, bad, hyperparameters, metrics};

#[allow(clippy::too_many_lines)] // a table
pub(super) fn cases() -> Vec<Case> {
    vec![
        bad("no instance type", "training: {instanceType: null}", &["spec.training.instanceType: Required value"]),
        bad(
            "an instance type of EC2",
            "training: {instanceType: p3.2xlarge}",
            &[
                "spec.training.instanceType",
                "`instanceType` must be an instance type of SageMaker, such as 'ml.g5.2xlarge'",
            ],
        ),
        bad("no output", "training: {outputS3URI: null}", &["spec.training.outputS3URI: Required value"]),
        bad(
            "an output without a bucket",
            "training: {outputS3URI: 's3:///out'}",
            &["spec.training.outputS3URI", "`outputS3URI` must be an S3 URI, such as 's3://bucket/prefix/'"],
        ),
        bad(
            "an output of https",
            "training: {outputS3URI: 'https://s3.amazonaws.com/bucket/out'}",
            &["spec.training.outputS3URI", "`outputS3URI` must be an S3 URI, such as 's3://bucket/prefix/'"],
        ),
        bad(
            "a bucket of two letters",
            "training: {outputS3URI: 's3://ab/out'}",
            &["spec.training.outputS3URI", "with a bucket of 3 to 63 letters"],
        ),
        bad(
            "a key with a space",
            "training: {volumeKMSKeyID: 'my key'}",
            &["spec.training.volumeKMSKeyID", "`volumeKMSKeyID` must be the id, ARN or alias of a KMS key"],
        ),
        bad(
            "an output key with a line break",
            r#"training: {outputKMSKeyID: "alias/out\n"}"#,
            &["spec.training.outputKMSKeyID", "`outputKMSKeyID` must be the id, ARN or alias of a KMS key"],
        ),
        bad(
            "the name of a training plan",
            "training: {trainingPlanARN: arn:aws:sagemaker:us-west-2:111122223333:endpoint/my-plan}",
            &["spec.training.trainingPlanARN", "`trainingPlanARN` must be the ARN of a training plan of SageMaker"],
        ),
        bad(
            "a subnet with a comma",
            "training: {vpc: {securityGroupIDs: [sg-1], subnets: ['subnet-1,subnet-2']}}",
            &["spec.training.vpc.subnets[0]", "`subnets` must be ids of your VPC"],
        ),
        bad(
            "no instances",
            "training: {instanceCount: 0}",
            &["spec.training.instanceCount", "greater than or equal to 1"],
        ),
        bad(
            "101 instances",
            "training: {instanceCount: 101}",
            &["spec.training.instanceCount", "less than or equal to 100"],
        ),
        bad("no volume", "training: {volumeSizeGB: 0}", &["spec.training.volumeSizeGB", "greater than or equal to 1"]),
        bad(
            "too large a volume",
            "training: {volumeSizeGB: 16385}",
            &["spec.training.volumeSizeGB", "less than or equal to 16384"],
        ),
        bad(
            "more than 28 days",
            "training: {maxRuntimeSeconds: 2419201}",
            &["spec.training.maxRuntimeSeconds", "less than or equal to 2419200"],
        ),
        bad(
            "no time",
            "training: {maxRuntimeSeconds: 0}",
            &["spec.training.maxRuntimeSeconds", "greater than or equal to 1"],
        ),
        bad(
            "a hyperparameter with a fraction and without quotes",
            "training: {hyperparameters: {rate: 0.5}}",
            &["training.hyperparameters", "rate", "string"],
        ),
        bad(
            "101 hyperparameters",
            &format!("training: {{hyperparameters: {}}}", hyperparameters(101)),
            &["spec.training.hyperparameters", "at most 100 items"],
        ),
        bad(
            "100 hyperparameters, fixed and searched",
            &format!(
                "{{training: {{hyperparameters: {}}}, tuning: {{parameterRanges: [{{name: other, integer: {{min: '1', max: '2'}}}}]}}}}",
                hyperparameters(99)
            ),
            &[
                "spec.training",
                "`training.hyperparameters` and `tuning.parameterRanges` must be at most 99 names together",
            ],
        ),
        bad(
            "a hyperparameter with a long name",
            &format!("training: {{hyperparameters: {{{}: x}}}}", "x".repeat(257)),
            &["spec.training.hyperparameters", "`hyperparameters` must have names of 1 to 256 characters"],
        ),
        bad(
            "a hyperparameter with a long value",
            &format!("training: {{hyperparameters: {{a: {}}}}}", "x".repeat(2501)),
            &["spec.training.hyperparameters.a", "Too long"],
        ),
        bad(
            "41 metrics",
            &format!("training: {{metricDefinitions: {}}}", metrics(41)),
            &["spec.training.metricDefinitions", "at most 40 items"],
        ),
        bad(
            "the same metric twice",
            "training: {metricDefinitions: [{name: a, regex: (x)}, {name: a, regex: (y)}]}",
            &["spec.training.metricDefinitions", "uplicate", "name"],
        ),
        bad(
            "a metric without a regex",
            "training: {metricDefinitions: [{name: a}]}",
            &["spec.training.metricDefinitions[0].regex: Required value"],
        ),
        bad(
            "a long regex",
            &format!("training: {{metricDefinitions: [{{name: a, regex: ({})}}]}}", "x".repeat(500)),
            &["spec.training.metricDefinitions[0].regex", "Too long"],
        ),
        bad(
            "a regex without a group",
            "training: {metricDefinitions: [{name: a, regex: 'accuracy [0-9.]+'}]}",
            &[
                "spec.training.metricDefinitions[0].regex",
                "`regex` must have a capture group, such as '([0-9.]+)', for the value",
            ],
        ),
        bad(
            "a regex with an escaped parenthesis only",
            "training: {metricDefinitions: [{name: a, regex: 'accuracy \\(top 5\\): [0-9.]+'}]}",
            &["`regex` must have a capture group"],
        ),
        bad(
            "a regex whose group captures nothing",
            "training: {metricDefinitions: [{name: a, regex: 'accuracy (?:top|all): [0-9.]+'}]}",
            &["`regex` must have a capture group"],
        ),
    ]
}
