//! A table of manifests: those that are taken, and those that are refused, with what the person is told.

use serde_json::{Value, json};

use super::{WAYS, Way, ask, jumpstart, merged, own, plane, yaml};

/// A selection with an edit of its spec.
struct Case {
    what: &'static str,
    object: Value,
    /// What the message has to contain, whichever way the object came.
    told: &'static [&'static str],
}

fn edited(what: &'static str, base: Value, spec: &str, told: &'static [&'static str]) -> Case {
    Case { what, object: merged(base, json!({"spec": yaml(spec)})), told }
}

fn good(what: &'static str, base: Value, spec: &str) -> Case {
    edited(what, base, spec, &[])
}

/// A bad selection that is made of the JumpStart one.
fn bad(what: &'static str, spec: &str, told: &'static [&'static str]) -> Case {
    edited(what, jumpstart(), spec, told)
}

/// A bad selection that is made of the one with its own image.
fn bad_own(what: &'static str, spec: &str, told: &'static [&'static str]) -> Case {
    edited(what, own(), spec, told)
}

/// `[item(0), item(1), ...]` in YAML.
fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    format!("[{}]", (0..count).map(item).collect::<Vec<_>>().join(", "))
}

fn candidates(count: usize) -> String {
    list(count, |i| format!("{{name: c{i}, jumpStart: {{modelID: m{i}}}}}"))
}

fn datasets(count: usize) -> String {
    list(count, |i| format!("{{name: d{i}, channels: [{{name: training, s3URI: s3://bucket/d{i}}}]}}"))
}

fn channels(count: usize) -> String {
    list(count, |i| format!("{{name: c{i}, s3URI: s3://bucket/c{i}}}"))
}

fn metrics(count: usize) -> String {
    list(count, |i| format!("{{name: m{i}, regex: \"m{i}: ([0-9.]+)\"}}"))
}

fn ranges(count: usize, values: usize) -> String {
    list(count, |i| format!("{{name: p{i}, categorical: {{values: {}}}}}", list(values, |v| format!("v{v}"))))
}

fn hyperparameters(count: usize) -> String {
    format!("{{{}}}", (0..count).map(|i| format!("h{i}: 'x'")).collect::<Vec<_>>().join(", "))
}

fn range(range: &str) -> String {
    format!("tuning: {{parameterRanges: [{{name: learning_rate, {range}}}]}}")
}

#[allow(clippy::too_many_lines)] // a table
fn accepted() -> Vec<Case> {
    let long = |length: usize| "x".repeat(length);
    vec![
        good("the least, of JumpStart", jumpstart(), "{}"),
        good("the least, of an own image", own(), "{}"),
        good(
            "every field of the top",
            jumpstart(),
            "{region: us-gov-west-1, executionRoleARN: 'arn:aws-us-gov:iam::111122223333:role/Role', maxConcurrentTuningJobs: 512, retries: 10, suspend: true, suspendPolicy: Stop, deletionPolicy: Retain, readyPolicy: Completed, rerun: 2026-11-24}",
        ),
        good(
            "a region of the European Sovereign Cloud",
            jumpstart(),
            "{region: eusc-de-east-1, executionRoleARN: 'arn:aws-eusc:iam::111122223333:role/path/Role'}",
        ),
        good(
            "constraints of all three kinds",
            jumpstart(),
            "constraints: [{metric: a, min: '0.6'}, {metric: b, max: '-1e-3'}, {metric: c, min: '1', max: '1.0'}]",
        ),
        good(
            "8 objectives",
            jumpstart(),
            &format!("objectives: {}", list(8, |i| format!("{{metric: m{i}, goal: Minimize}}"))),
        ),
        good(
            "selectors alone",
            jumpstart(),
            "{candidates: null, candidateSelectors: [{jumpStart: {task: ic, framework: tensorflow, include: ['*mobilenet*'], exclude: ['*-quant*', 'x?y'], limit: 100, includeDeprecated: true, includeVulnerable: true, acceptEULA: true}, hyperparameters: {epochs: '3'}}, {jumpStart: {}}]}",
        ),
        good(
            "an attached job",
            jumpstart(),
            "{candidates: [{name: a, tuningJobName: my-Job-1}], datasets: [{name: x, channels: [{name: training, s3URI: s3://b/x}]}]}",
        ),
        good(
            "every setting of a training job",
            jumpstart(),
            "{tags: {team: vision, 'cost center': 'a b/c=1'}, training: {instanceFallbacks: [{instanceType: ml.g5.xlarge, instanceCount: 2, volumeSizeGB: 50}], environment: {A_1: ''}, metricPreset: Auto, outputKMSKeyID: alias/k, outputCompression: None, volumeKMSKeyID: k, maxPendingSeconds: 7200, vpc: {securityGroupIDs: [sg-1], subnets: [subnet-1]}, networkIsolation: false, encryptInterContainerTraffic: true, spot: {maxWaitSeconds: 360000}, checkpoint: {s3URI: s3://b/c, localPath: /opt/x}, maxRetryAttempts: 3}}",
        ),
        good(
            "every setting of a tuning job",
            jumpstart(),
            "{tuning: {completionCriteria: {targetObjectiveValue: '0.95', maxTrainingJobsNotImproving: 3, completeOnConvergence: true}, autotune: true, warmStart: {type: TransferLearning, parentTuningJobNames: [a, b-1]}, parameterRanges: [{name: x, auto: {}}, {name: z, auto: {valueHint: '1'}}]}}",
        ),
        good(
            "every setting of a channel",
            jumpstart(),
            "{training: {vpc: {securityGroupIDs: [sg-1], subnets: [subnet-1]}}, datasets: [{name: x, testSize: 100, trainingSize: 1000, validationSize: 10, facts: {classes: '256'}, channels: [{name: training, s3URI: s3://b/x, s3DataType: AugmentedManifestFile, attributeNames: [a], s3DataDistribution: ShardedByS3Key, inputMode: Pipe, compression: Gzip, recordWrapper: RecordIO, shuffleSeed: 7}, {name: test, fileSystem: {id: fs-0123456789abcdef0, type: EFS, directoryPath: /x, access: ReadWrite}}]}]}",
        ),
        good(
            "derived metrics",
            jumpstart(),
            "{collect: All, prices: {ml.p3.2xlarge: '3.825'}, derivedMetrics: [{name: cost, expression: 'billableSeconds / 3600 * prices[instanceType]'}], objectives: [{metric: cost, goal: Minimize}]}",
        ),
        good(
            "a preset by name for an own image",
            own(),
            "{training: {metricPreset: TensorFlowImageClassification, metricDefinitions: null}, objectives: [{metric: test_accuracy, goal: Maximize}]}",
        ),
        good(
            "an algorithm resource",
            own(),
            "{candidates: [{name: a, algorithm: {algorithmName: 'arn:aws:sagemaker:us-west-2:111122223333:algorithm/mine'}}], training: {metricDefinitions: null}}",
        ),
        good("512 candidates", jumpstart(), &format!("candidates: {}", candidates(512))),
        good(
            "32 datasets of 16 candidates",
            jumpstart(),
            &format!("{{candidates: {}, datasets: {}}}", candidates(16), datasets(32)),
        ),
        good(
            "names with all that is allowed",
            jumpstart(),
            &format!(
                "{{candidates: [{{name: A.b_c-9, jumpStart: {{modelID: m, version: '4.0.*'}}}}], datasets: [{{name: {}, channels: [{{name: a.b-C_d, s3URI: https://s3.amazonaws.com/bucket, contentType: image/x}}]}}]}}",
                long(63)
            ),
        ),
        good("an exact version", jumpstart(), "candidates: [{name: a, jumpStart: {modelID: m, version: 4.0.2}}]"),
        good(
            "both kinds of candidates",
            own(),
            "candidates: [{name: a, jumpStart: {modelID: m, version: '*'}, hyperparameters: {epochs: '3'}}, {name: b, algorithm: {trainingImage: i, inputMode: FastFile}}]",
        ),
        good(
            "metrics of the candidate only",
            own(),
            "{candidates: [{name: own, algorithm: {trainingImage: i}, metricDefinitions: [{name: val_accuracy, regex: '(?<value>[0-9]+)'}]}], training: {metricDefinitions: null}}",
        ),
        good(
            "40 metrics, with escaped parentheses before the group",
            own(),
            &format!(
                "{{training: {{metricDefinitions: {}}}, tuning: {{objective: {{metric: m0}}}}, objectives: [{{metric: m1, goal: Minimize}}], candidates: [{{name: own, algorithm: {{trainingImage: i}}, metricDefinitions: [{{name: x, regex: 'accuracy \\(top 5\\): (?:is )?([0-9]+)'}}]}}]}}",
                metrics(40)
            ),
        ),
        good("20 channels for an own image", own(), &format!("datasets: [{{name: d, channels: {}}}]", channels(20))),
        good("18 channels for JumpStart", jumpstart(), &format!("datasets: [{{name: d, channels: {}}}]", channels(18))),
        good(
            "channels named model and code for an own image",
            own(),
            "datasets: [{name: d, channels: [{name: model, s3URI: s3://b/m}, {name: code, s3URI: s3://b/c}], hyperparameters: {a: ''}}]",
        ),
        good(
            "every kind of range",
            jumpstart(),
            "tuning: {parameterRanges: [{name: a, continuous: {min: '1e-6', max: '.1', scaling: Logarithmic}}, {name: b, continuous: {min: '0', max: '0.999', scaling: ReverseLogarithmic}}, {name: c, continuous: {min: '-1.', max: '+1', scaling: Linear}}, {name: d, integer: {min: '-8', max: '8', scaling: Auto}}, {name: e, integer: {min: '1', max: '1000000000', scaling: Logarithmic}}, {name: f, categorical: {values: [sgd, adam]}}, {name: g, categorical: {multiplesOfDefault: ['1', '0.2']}}]}",
        ),
        good("30 ranges of 30 values", jumpstart(), &format!("tuning: {{parameterRanges: {}}}", ranges(30, 30))),
        good(
            "Random with all it can have",
            jumpstart(),
            "tuning: {strategy: Random, maxTrainingJobs: 10000, maxParallelTrainingJobs: 100, maxRuntimeSeconds: 15768000, earlyStopping: Auto, randomSeed: 0}",
        ),
        good(
            "Grid",
            jumpstart(),
            &format!("tuning: {{strategy: Grid, maxTrainingJobs: null, parameterRanges: {}}}", ranges(3, 9)),
        ),
        good(
            "Grid with the number of its combinations",
            jumpstart(),
            &format!("tuning: {{strategy: Grid, maxTrainingJobs: 512, parameterRanges: {}}}", ranges(9, 2)),
        ),
        good(
            "Grid with ranges of one value",
            jumpstart(),
            &format!("tuning: {{strategy: Grid, maxTrainingJobs: 1, parameterRanges: {}}}", ranges(30, 1)),
        ),
        good(
            "Hyperband with its bounds",
            own(),
            "tuning: {strategy: Hyperband, hyperband: {minResource: 1, maxResource: 27}, earlyStopping: 'Off'}",
        ),
        good("Hyperband of a JumpStart model, which has epochs", jumpstart(), "tuning: {strategy: Hyperband}"),
        good(
            "Hyperband with fixed epochs",
            own(),
            "{tuning: {strategy: Hyperband, hyperband: {minResource: 2}}, training: {hyperparameters: {num_epochs: '9'}}}",
        ),
        good(
            "Hyperband with epochs of each dataset",
            own(),
            "{tuning: {strategy: Hyperband}, datasets: [{name: a, hyperparameters: {epochs: '9'}, channels: [{name: training, s3URI: s3://b/a}]}]}",
        ),
        good(
            "training with all it can have",
            jumpstart(),
            &format!(
                "training: {{instanceType: ml.trn1n.32xlarge, instanceCount: 100, volumeSizeGB: 16384, maxRuntimeSeconds: 2419200, hyperparameters: {}}}",
                hyperparameters(99)
            ),
        ),
        good(
            "99 hyperparameters, one of them searched",
            jumpstart(),
            &format!(
                "{{training: {{hyperparameters: {}}}, tuning: {{parameterRanges: [{{name: h0, integer: {{min: '1', max: '2'}}}}]}}}}",
                hyperparameters(99)
            ),
        ),
    ]
}

#[allow(clippy::too_many_lines)] // a table
fn refused() -> Vec<Case> {
    vec![
        // The top.
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
        bad("a suspend that is no boolean", "suspend: 'yes'", &["spec.suspend", "boolean"]),
        bad(
            "a role of another partition",
            "region: cn-north-1",
            &["spec.executionRoleARN", "`executionRoleARN` must be of the partition of `region`"],
        ),
        // Objectives and constraints.
        bad("an empty list of objectives", "objectives: []", &["spec.objectives", "at least 1 items"]),
        bad(
            "9 objectives",
            &format!("objectives: {}", list(9, |i| format!("{{metric: m{i}, goal: Minimize}}"))),
            &["spec.objectives", "at most 8 items"],
        ),
        bad(
            "the same objective twice",
            "objectives: [{metric: a, goal: Maximize}, {metric: a, goal: Minimize}]",
            &["spec.objectives", "uplicate", "metric"],
        ),
        bad("an objective without goal", "objectives: [{metric: a}]", &["spec.objectives[0].goal: Required value"]),
        bad("an objective without metric", "objectives: [{goal: Maximize}]", &["objectives", "metric"]),
        bad(
            "a bad goal",
            "objectives: [{metric: a, goal: max}]",
            &["spec.objectives[0].goal", "\"Maximize\", \"Minimize\""],
        ),
        bad(
            "an empty metric",
            "objectives: [{metric: '', goal: Maximize}]",
            &["spec.objectives[0].metric", "at least 1 chars long"],
        ),
        bad(
            "a long metric",
            &format!("objectives: [{{metric: {}, goal: Maximize}}]", "x".repeat(256)),
            &["spec.objectives[0].metric", "Too long"],
        ),
        bad(
            "a constraint without bounds",
            "constraints: [{metric: a}]",
            &["spec.constraints[0]", "a constraint must have `min`, `max` or both"],
        ),
        bad(
            "a constraint that nothing meets",
            "constraints: [{metric: a, min: '0.7', max: '0.6'}]",
            &["spec.constraints[0].min", "`min` must be at most `max`"],
        ),
        bad(
            "a constraint that is no number",
            "constraints: [{metric: a, min: 60%, max: '1'}]",
            &["spec.constraints[0].min", "`min` must be a decimal number, such as '0.001'"],
        ),
        bad(
            "the same constraint twice",
            "constraints: [{metric: a, min: '1'}, {metric: a, max: '2'}]",
            &["spec.constraints", "uplicate", "metric"],
        ),
        bad(
            "17 constraints",
            &format!("constraints: {}", list(17, |i| format!("{{metric: m{i}, min: '0'}}"))),
            &["spec.constraints", "at most 16 items"],
        ),
        bad_own(
            "an objective that no definition has",
            "objectives: [{metric: test_acuracy, goal: Maximize}]",
            &["spec.objectives", "`objectives` must each name one of `training.metricDefinitions`"],
        ),
        bad_own(
            "a constraint that no definition has",
            "constraints: [{metric: test_acuracy, min: '0.5'}]",
            &["spec.constraints", "`constraints` must each name one of `training.metricDefinitions`"],
        ),
        // Datasets.
        bad("an empty list of datasets", "datasets: []", &["spec.datasets", "at least 1 items"]),
        bad("33 datasets", &format!("datasets: {}", datasets(33)), &["spec.datasets", "at most 32 items"]),
        bad(
            "the same dataset twice",
            "datasets: [{name: a, channels: [{name: t, s3URI: s3://b}]}, {name: a, channels: [{name: t, s3URI: s3://c}]}]",
            &["spec.datasets", "uplicate", "name"],
        ),
        bad(
            "a dataset with a bad name",
            "datasets: [{name: my data, channels: [{name: t, s3URI: s3://b}]}]",
            &[
                "spec.datasets[0].name",
                "`name` must consist of letters, digits, '-', '_' and '.', and begin and end with a letter or digit",
            ],
        ),
        bad(
            "a dataset without channels",
            "datasets: [{name: a, channels: []}]",
            &["spec.datasets[0].channels", "at least 1 items"],
        ),
        bad(
            "the same channel twice",
            "datasets: [{name: a, channels: [{name: t, s3URI: s3://b}, {name: t, s3URI: s3://c}]}]",
            &["datasets", "channels", "uplicate"],
        ),
        bad(
            "a channel with a bad name",
            "datasets: [{name: a, channels: [{name: my/train, s3URI: s3://b}]}]",
            &["spec.datasets[0].channels[0].name", "`name` must consist of letters, digits, '-', '_' and '.'"],
        ),
        bad(
            "a channel without data",
            "datasets: [{name: a, channels: [{name: training}]}]",
            &["spec.datasets[0].channels[0]", "a channel must have exactly one of `s3URI` and `fileSystem`"],
        ),
        bad(
            "data that is not in S3",
            "datasets: [{name: a, channels: [{name: training, s3URI: /data/train}]}]",
            &["spec.datasets[0].channels[0].s3URI", "`s3URI` must be an S3 URI, such as 's3://bucket/prefix/'"],
        ),
        bad(
            "a long S3 URI",
            &format!("datasets: [{{name: a, channels: [{{name: training, s3URI: s3://b/{}}}]}}]", "x".repeat(1024)),
            &["spec.datasets[0].channels[0].s3URI", "Too long"],
        ),
        bad(
            "an empty content type",
            "datasets: [{name: a, channels: [{name: training, s3URI: s3://b, contentType: ''}]}]",
            &["spec.datasets[0].channels[0].contentType", "at least 1 chars long"],
        ),
        bad(
            "a channel named model for JumpStart",
            "datasets: [{name: a, channels: [{name: model, s3URI: s3://b}]}]",
            &[
                "spec.datasets",
                "`channels` must have names other than 'model' and 'code' when a candidate has `jumpStart`",
            ],
        ),
        bad(
            "a channel named code for JumpStart",
            "datasets: [{name: a, channels: [{name: code, s3URI: s3://b}]}]",
            &["`channels` must have names other than 'model' and 'code'"],
        ),
        bad(
            "19 channels for JumpStart",
            &format!("datasets: [{{name: d, channels: {}}}]", channels(19)),
            &["spec.datasets", "`channels` must be at most 18 when a candidate has `jumpStart`"],
        ),
        bad_own(
            "21 channels",
            &format!("datasets: [{{name: d, channels: {}}}]", channels(21)),
            &["spec.datasets[0].channels", "at most 20 items"],
        ),
        // Candidates.
        bad(
            "an empty list of candidates",
            "candidates: []",
            &["spec.candidates", "`candidates` or `candidateSelectors` must be set"],
        ),
        bad(
            "a selector with a bad pattern",
            "candidateSelectors: [{jumpStart: {include: ['a/b']}}]",
            &["candidateSelectors[0].jumpStart.include[0]", "must be a pattern of model ids"],
        ),
        bad(
            "a selector with two words for a task",
            "candidateSelectors: [{jumpStart: {task: image-classification}}]",
            &["candidateSelectors[0].jumpStart.task", "must be one part of a model id"],
        ),
        bad(
            "a selector with a limit of 0",
            "candidateSelectors: [{jumpStart: {limit: 0}}]",
            &["candidateSelectors[0].jumpStart.limit", "greater than or equal to 1"],
        ),
        bad(
            "an attached job on one of two datasets",
            &format!("{{candidates: [{{name: a, tuningJobName: j}}], datasets: {}}}", datasets(2)),
            &["spec.candidates", "`dataset` of a candidate with `tuningJobName` must name one of `datasets`"],
        ),
        bad(
            "an attached job on an unknown dataset",
            "candidates: [{name: a, tuningJobName: j, dataset: nowhere}]",
            &["spec.candidates", "`dataset` of a candidate with `tuningJobName` must name one of `datasets`"],
        ),
        bad(
            "an attached job with hyperparameters",
            "candidates: [{name: a, tuningJobName: j, hyperparameters: {a: '1'}}]",
            &["spec.candidates[0]", "must be left out when `tuningJobName` is set"],
        ),
        bad(
            "a dataset for a model",
            "candidates: [{name: a, jumpStart: {modelID: m}, dataset: x}]",
            &["spec.candidates[0]", "`dataset` must be left out unless `tuningJobName` is set"],
        ),
        bad(
            "an algorithm of both kinds",
            "candidates: [{name: a, algorithm: {trainingImage: i, algorithmName: other}}]",
            &["spec.candidates[0].algorithm", "exactly one of `trainingImage` and `algorithmName`"],
        ),
        bad(
            "a derived metric as the objective of the search",
            "{derivedMetrics: [{name: val_accuracy, expression: '1'}], training: {metricDefinitions: null}}",
            &["spec.tuning.objective", "must be a metric of the logs"],
        ),
        bad(
            "a derived metric with the name of a definition",
            "{derivedMetrics: [{name: x, expression: '1'}], training: {metricDefinitions: [{name: x, regex: '(x)'}]}}",
            &["spec.derivedMetrics", "other names than `training.metricDefinitions`"],
        ),
        bad(
            "a price that is no number",
            "prices: {ml.p3.2xlarge: '$3'}",
            &["spec.prices", "`prices` must be a decimal number"],
        ),
        bad(
            "a price of no instance",
            "prices: {p3: '3'}",
            &["spec.prices", "`prices` must have names that are instance types"],
        ),
        bad("a reserved tag", "tags: {'aws:x': 'z'}", &["spec.tags", "`tags` must have keys", "'aws:'"]),
        bad("a tag with a strange character", "tags: {a: 'x*y'}", &["spec.tags", "`tags` must consist of letters"]),
        bad(
            "a bad environment variable",
            "training: {environment: {'a-b': x}}",
            &["spec.training.environment", "`environment` must have names of letters"],
        ),
        bad(
            "spot that waits less than it runs",
            "training: {maxRuntimeSeconds: 3600, spot: {maxWaitSeconds: 60}}",
            &["spec.training", "`spot.maxWaitSeconds` must be at least `maxRuntimeSeconds`"],
        ),
        bad(
            "a fallback to itself",
            "training: {instanceType: ml.p3.2xlarge, instanceFallbacks: [{instanceType: ml.p3.2xlarge}]}",
            &["spec.training", "`instanceFallbacks` must be other types"],
        ),
        bad(
            "a range that SageMaker is to choose, without autotune",
            "tuning: {parameterRanges: [{name: x, auto: {}}]}",
            &["spec.tuning", "`autotune` must be true"],
        ),
        bad(
            "attributes of no augmented manifest",
            "datasets: [{name: x, channels: [{name: training, s3URI: s3://b/x, attributeNames: [a]}]}]",
            &["channels[0]", "`s3DataType` must be 'AugmentedManifestFile'"],
        ),
        bad(
            "a file system without a VPC",
            "datasets: [{name: x, channels: [{name: training, fileSystem: {id: fs-0123456789, type: EFS, directoryPath: /x}}]}]",
            &["spec.training", "`training.vpc` must be set"],
        ),
        bad("513 candidates", &format!("candidates: {}", candidates(513)), &["spec.candidates", "at most 512 items"]),
        bad(
            "513 runs",
            &format!("{{candidates: {}, datasets: {}}}", candidates(171), datasets(3)),
            &["spec.candidates", "`candidates` times `datasets` must be at most 512 runs; split the selection"],
        ),
        bad(
            "the same candidate twice",
            "candidates: [{name: a, jumpStart: {modelID: m}}, {name: a, jumpStart: {modelID: other}}]",
            &["spec.candidates", "uplicate", "name"],
        ),
        bad(
            "a candidate with a bad name",
            "candidates: [{name: -a, jumpStart: {modelID: m}}]",
            &["spec.candidates[0].name", "begin and end with a letter or digit"],
        ),
        bad(
            "a candidate with a long name",
            &format!("candidates: [{{name: {}, jumpStart: {{modelID: m}}}}]", "x".repeat(64)),
            &["spec.candidates[0].name", "Too long"],
        ),
        bad(
            "a candidate of both kinds",
            "candidates: [{name: a, jumpStart: {modelID: m}, algorithm: {trainingImage: i}, metricDefinitions: [{name: val_accuracy, regex: (x)}]}]",
            &[
                "spec.candidates[0]",
                "a candidate must have exactly one of `jumpStart`, `algorithm` and `tuningJobName`",
            ],
        ),
        bad_own(
            "a candidate of no kind",
            "candidates: [{name: a}]",
            &[
                "spec.candidates[0]",
                "a candidate must have exactly one of `jumpStart`, `algorithm` and `tuningJobName`",
            ],
        ),
        bad(
            "JumpStart without a model",
            "candidates: [{name: a, jumpStart: {}}]",
            &["spec.candidates[0].jumpStart.modelID: Required value"],
        ),
        bad(
            "a bad model id",
            "candidates: [{name: a, jumpStart: {modelID: https://tfhub.dev/x}}]",
            &["spec.candidates[0].jumpStart.modelID", "`modelID` must consist of letters and digits"],
        ),
        bad(
            "a bad version",
            "candidates: [{name: a, jumpStart: {modelID: m, version: latest}}]",
            &[
                "spec.candidates[0].jumpStart.version",
                "`version` must be a version such as '4.0.2', a prefix such as '4.*', or '*' for the newest",
            ],
        ),
        bad_own(
            "an image with a space",
            "candidates: [{name: a, algorithm: {trainingImage: 'a b'}}]",
            &[
                "spec.candidates[0].algorithm.trainingImage",
                "`trainingImage` must be the registry path of an image, without spaces",
            ],
        ),
        bad_own(
            "a bad input mode",
            "candidates: [{name: a, algorithm: {trainingImage: i, inputMode: Fast}}]",
            &["spec.candidates[0].algorithm.inputMode", "\"File\", \"FastFile\", \"Pipe\""],
        ),
        bad_own(
            "an own image without metrics",
            "training: {metricDefinitions: null}",
            &["spec.training", "`training.metricDefinitions` must be set when a candidate has its own `algorithm`"],
        ),
        bad_own(
            "the same metric twice in a candidate",
            "candidates: [{name: own, algorithm: {trainingImage: i}, metricDefinitions: [{name: a, regex: (x)}, {name: a, regex: (y)}]}]",
            &["candidates", "metricDefinitions", "uplicate"],
        ),
        bad_own(
            "a candidate's metric without a group",
            "candidates: [{name: own, algorithm: {trainingImage: i}, metricDefinitions: [{name: val_accuracy, regex: 'x'}]}]",
            &[
                "spec.candidates[0].metricDefinitions[0].regex",
                "`regex` must have a capture group, such as '([0-9.]+)', for the value",
            ],
        ),
        // Tuning.
        bad("no tuning objective", "tuning: {objective: null}", &["spec.tuning.objective: Required value"]),
        bad_own(
            "a tuning objective that no definition has",
            "tuning: {objective: {metric: accuracy}}",
            &["spec.tuning.objective", "`tuning.objective.metric` must be one of `training.metricDefinitions`"],
        ),
        bad_own(
            "a tuning objective that the only candidate's definitions lack",
            "{candidates: [{name: own, algorithm: {trainingImage: i}, metricDefinitions: [{name: a, regex: (x)}]}], training: {metricDefinitions: null}}",
            &["spec.tuning.objective", "`tuning.objective.metric` must be one of `training.metricDefinitions`"],
        ),
        bad(
            "a bad strategy",
            "tuning: {strategy: bayesian}",
            &["spec.tuning.strategy", "\"Bayesian\", \"Random\", \"Hyperband\", \"Grid\""],
        ),
        bad(
            "no number of training jobs",
            "tuning: {maxTrainingJobs: null}",
            &["spec.tuning.maxTrainingJobs", "`maxTrainingJobs` must be set unless `strategy` is 'Grid'"],
        ),
        bad(
            "no training jobs",
            "tuning: {maxTrainingJobs: 0}",
            &["spec.tuning.maxTrainingJobs", "greater than or equal to 1"],
        ),
        bad(
            "751 training jobs",
            "tuning: {maxTrainingJobs: 751}",
            &["spec.tuning.maxTrainingJobs", "`maxTrainingJobs` must be at most 750 unless `strategy` is 'Random'"],
        ),
        bad(
            "10001 training jobs",
            "tuning: {strategy: Random, maxTrainingJobs: 10001}",
            &["spec.tuning.maxTrainingJobs", "less than or equal to 10000"],
        ),
        bad(
            "more at a time than at all",
            "tuning: {maxParallelTrainingJobs: 3}",
            &["spec.tuning.maxParallelTrainingJobs", "`maxParallelTrainingJobs` must be at most `maxTrainingJobs`"],
        ),
        bad(
            "101 training jobs at a time",
            "tuning: {maxTrainingJobs: 500, maxParallelTrainingJobs: 101}",
            &["spec.tuning.maxParallelTrainingJobs", "less than or equal to 100"],
        ),
        bad(
            "too short a tuning",
            "tuning: {maxRuntimeSeconds: 119}",
            &["spec.tuning.maxRuntimeSeconds", "greater than or equal to 120"],
        ),
        bad(
            "too long a tuning",
            "tuning: {maxRuntimeSeconds: 15768001}",
            &["spec.tuning.maxRuntimeSeconds", "less than or equal to 15768000"],
        ),
        bad(
            "a bad earlyStopping",
            "tuning: {earlyStopping: 'On'}",
            &["spec.tuning.earlyStopping", "\"Off\", \"Auto\""],
        ),
        bad("a negative seed", "tuning: {randomSeed: -1}", &["spec.tuning.randomSeed", "greater than or equal to 0"]),
        bad(
            "a seed that is no 32-bit number",
            "tuning: {randomSeed: 2147483648}",
            &["spec.tuning.randomSeed", "less than or equal to 2147483647"],
        ),
        bad(
            "Hyperband with early stopping",
            "tuning: {strategy: Hyperband, earlyStopping: Auto}",
            &["spec.tuning.earlyStopping", "`earlyStopping` must be 'Off' when `strategy` is 'Hyperband'"],
        ),
        bad(
            "settings of Hyperband without it",
            "tuning: {hyperband: {maxResource: 9}}",
            &["spec.tuning.hyperband", "`strategy` must be 'Hyperband' when `hyperband` is set"],
        ),
        bad(
            "a least resource above the greatest",
            "tuning: {strategy: Hyperband, hyperband: {minResource: 9, maxResource: 3}}",
            &["spec.tuning.hyperband.minResource", "`minResource` must be less than `maxResource`"],
        ),
        bad(
            "too much resource",
            "tuning: {strategy: Hyperband, hyperband: {maxResource: 20001}}",
            &["spec.tuning.hyperband.maxResource", "less than or equal to 20000"],
        ),
        bad(
            "no resource",
            "tuning: {strategy: Hyperband, hyperband: {minResource: 0}}",
            &["spec.tuning.hyperband.minResource", "greater than or equal to 1"],
        ),
        bad_own(
            "Hyperband that nobody bounds",
            "tuning: {strategy: Hyperband}",
            &[
                "spec.tuning",
                "`hyperband.maxResource` must be set when `strategy` is 'Hyperband', unless 'epochs' is among the fixed `hyperparameters` of every run",
            ],
        ),
        bad_own(
            "Hyperband with searched epochs",
            "{tuning: {strategy: Hyperband, parameterRanges: [{name: epochs, integer: {min: '1', max: '9'}}]}, training: {hyperparameters: {epochs: '9'}}}",
            &["`hyperband.maxResource` must be set"],
        ),
        bad(
            "Grid with a continuous range",
            "tuning: {strategy: Grid, maxTrainingJobs: null, parameterRanges: [{name: a, continuous: {min: '0', max: '1'}}]}",
            &["spec.tuning.parameterRanges", "`parameterRanges` must all be `categorical` when `strategy` is 'Grid'"],
        ),
        bad(
            "Grid with another number of jobs",
            &format!("tuning: {{strategy: Grid, maxTrainingJobs: 7, parameterRanges: {}}}", ranges(3, 2)),
            &[
                "spec.tuning.maxTrainingJobs",
                "`maxTrainingJobs` must be left out, or be the number of combinations of `parameterRanges`, when `strategy` is 'Grid'",
            ],
        ),
        bad(
            "Grid of 1000 combinations",
            &format!("tuning: {{strategy: Grid, maxTrainingJobs: null, parameterRanges: {}}}", ranges(3, 10)),
            &[
                "spec.tuning.parameterRanges",
                "`parameterRanges` must have at most 750 combinations when `strategy` is 'Grid'",
            ],
        ),
        bad(
            "Grid of more combinations than a number can say",
            &format!("tuning: {{strategy: Grid, maxTrainingJobs: null, parameterRanges: {}}}", ranges(30, 30)),
            &["`parameterRanges` must have at most 750 combinations"],
        ),
        // Ranges.
        bad(
            "31 ranges",
            &format!("tuning: {{parameterRanges: {}}}", ranges(31, 2)),
            &["spec.tuning.parameterRanges", "at most 30 items"],
        ),
        bad(
            "the same range twice",
            "tuning: {parameterRanges: [{name: a, integer: {min: '1', max: '2'}}, {name: a, categorical: {values: ['1']}}]}",
            &["spec.tuning.parameterRanges", "uplicate", "name"],
        ),
        bad(
            "a range of no kind",
            "tuning: {parameterRanges: [{name: a}]}",
            &[
                "spec.tuning.parameterRanges[0]",
                "a parameter range must have exactly one of `continuous`, `integer`, `categorical` and `auto`",
            ],
        ),
        bad(
            "a range of two kinds",
            &range("integer: {min: '1', max: '2'}, categorical: {values: ['1']}"),
            &["a parameter range must have exactly one of `continuous`, `integer`, `categorical` and `auto`"],
        ),
        bad(
            "a range without a name",
            "tuning: {parameterRanges: [{categorical: {values: ['1']}}]}",
            &["parameterRanges", "name"],
        ),
        bad(
            "a continuous range without max",
            &range("continuous: {min: '1'}"),
            &["spec.tuning.parameterRanges[0].continuous.max: Required value"],
        ),
        bad(
            "a continuous range of nothing",
            &range("continuous: {min: '1e-3', max: '0.001'}"),
            &["spec.tuning.parameterRanges[0].continuous.min", "`min` must be less than `max`"],
        ),
        bad(
            "a continuous range that is no number",
            &range("continuous: {min: small, max: '1'}"),
            &["spec.tuning.parameterRanges[0].continuous.min", "`min` must be a decimal number, such as '0.001'"],
        ),
        bad("an infinite range", &range("continuous: {min: '0', max: inf}"), &["`max` must be a decimal number"]),
        bad(
            "a range that no double holds",
            &range("continuous: {min: '0', max: '1e999'}"),
            &["`max` must be a decimal number"],
        ),
        bad("numbers without quotes", &range("continuous: {min: 0.001, max: 0.1}"), &["continuous", "min", "string"]),
        bad(
            "logarithmic from 0",
            &range("continuous: {min: '0', max: '1', scaling: Logarithmic}"),
            &["`min` must be greater than 0 when `scaling` is 'Logarithmic'"],
        ),
        bad(
            "reverse logarithmic to 1",
            &range("continuous: {min: '0', max: '1', scaling: ReverseLogarithmic}"),
            &["`min` must be at least 0 and `max` less than 1 when `scaling` is 'ReverseLogarithmic'"],
        ),
        bad(
            "a bad scaling",
            &range("continuous: {min: '0', max: '1', scaling: Log}"),
            &["continuous.scaling", "\"Auto\", \"Linear\", \"Logarithmic\", \"ReverseLogarithmic\""],
        ),
        bad(
            "an integer range of nothing",
            &range("integer: {min: '8', max: '8'}"),
            &["spec.tuning.parameterRanges[0].integer.min", "`min` must be less than `max`"],
        ),
        bad(
            "an integer range that is not",
            &range("integer: {min: '1.5', max: '8'}"),
            &["spec.tuning.parameterRanges[0].integer.min", "`min` must be a whole number, such as '8'"],
        ),
        bad(
            "an integer that no program holds",
            &range("integer: {min: '1', max: '9999999999999999999'}"),
            &["integer.max", "Too long"],
        ),
        bad(
            "integers, logarithmic from 0",
            &range("integer: {min: '0', max: '8', scaling: Logarithmic}"),
            &["`min` must be greater than 0 when `scaling` is 'Logarithmic'"],
        ),
        bad(
            "integers, reverse logarithmic",
            &range("integer: {min: '0', max: '8', scaling: ReverseLogarithmic}"),
            &["integer.scaling", "\"Auto\", \"Linear\", \"Logarithmic\""],
        ),
        bad(
            "a categorical range of both kinds",
            &range("categorical: {values: [a], multiplesOfDefault: ['1']}"),
            &["a categorical range must have exactly one of `values` and `multiplesOfDefault`"],
        ),
        bad(
            "a categorical range of no kind",
            &range("categorical: {}"),
            &["a categorical range must have exactly one of `values` and `multiplesOfDefault`"],
        ),
        bad(
            "a categorical range without values",
            &range("categorical: {values: []}"),
            &["categorical.values", "at least 1 items"],
        ),
        bad(
            "31 values",
            &format!("tuning: {{parameterRanges: {}}}", ranges(1, 31)),
            &["categorical.values", "at most 30 items"],
        ),
        bad("the same value twice", &range("categorical: {values: [a, b, a]}"), &["categorical.values", "uplicate"]),
        bad("values without quotes", &range("categorical: {values: [0.1, 0.2]}"), &["categorical.values", "string"]),
        bad(
            "multiples that are no numbers",
            &range("categorical: {multiplesOfDefault: [half]}"),
            &["categorical.multiplesOfDefault", "`multiplesOfDefault` must be a decimal number, such as '0.001'"],
        ),
        // Training.
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
            "a hyperparameter without quotes",
            "training: {hyperparameters: {epochs: 5}}",
            &["training.hyperparameters", "epochs", "string"],
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
        // The object.
        Case {
            what: "a long name",
            object: merged(jumpstart(), json!({"metadata": {"name": "x".repeat(64)}})),
            told: &["`metadata.name` must be at most 63 characters long"],
        },
        Case {
            what: "a name in upper case",
            object: merged(jumpstart(), json!({"metadata": {"name": "Caltech"}})),
            told: &["metadata.name", "lower"],
        },
        Case { what: "no spec", object: merged(jumpstart(), json!({"spec": null})), told: &["spec: Required value"] },
    ]
}

#[tokio::test]
async fn good_manifests_are_taken() {
    let (_, client, namespace) = plane("good").await;
    let mut wrong = Vec::new();
    for case in accepted() {
        for way in WAYS {
            if let Err(message) = ask(&client, &namespace, &case.object, way).await {
                wrong.push(format!("{} ({way:?}): {message}", case.what));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn bad_manifests_are_refused_with_the_remedy() {
    let (_, client, namespace) = plane("bad").await;
    let mut wrong = Vec::new();
    for case in refused() {
        for way in WAYS {
            let message = match ask(&client, &namespace, &case.object, way).await {
                Ok(_) => "was taken".to_owned(),
                Err(message) => message,
            };
            if std::env::var_os("MODELSELECTION_SHOW_MESSAGES").is_some() {
                println!("## {} ({way:?})\n{message}\n", case.what);
            }
            let missing: Vec<_> = case.told.iter().filter(|text| !message.contains(*text)).collect();
            // A rule has to say what is wrong, not to stumble over it.
            let stumbled = message.contains("evaluating rule") || message.contains("no such");
            if !missing.is_empty() || stumbled {
                wrong.push(format!("{} ({way:?}) lacks {missing:?}: {message}", case.what));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), refused().len() * 2, wrong.join("\n\n"));
}

#[tokio::test]
async fn the_examples_are_taken() {
    let (_, client, namespace) = plane("examples").await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    assert!(!files.is_empty());
    for path in files {
        let documents: Vec<Value> = serde_saphyr::from_multiple(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for document in documents.into_iter().filter(|document| document["kind"] == "ModelSelection") {
            let object = merged(document, json!({"metadata": {"namespace": namespace}}));
            for way in WAYS {
                let answer = ask(&client, &namespace, &object, way).await;
                answer.unwrap_or_else(|message| panic!("{} ({way:?}): {message}", path.display()));
            }
        }
    }
}

/// A misspelt optional field would otherwise be dropped in silence. `kubectl` asks for strict validation, as we do here.
#[tokio::test]
async fn an_unknown_field_is_refused() {
    let (_, client, namespace) = plane("unknown").await;
    let object = merged(jumpstart(), json!({"spec": {"tuning": {"earlyStoping": "Auto"}}}));
    let message = ask(&client, &namespace, &object, Way::ServerSideApply).await.unwrap_err();
    assert!(message.contains("spec.tuning.earlyStoping"), "{message}");
}
