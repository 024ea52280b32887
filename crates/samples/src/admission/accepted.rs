//! Manifests that are accepted.

use crate::admission::{Case, candidates, channels, datasets, good, hyperparameters, list, metrics, ranges};
use crate::admission::{jumpstart, own};

#[allow(clippy::too_many_lines)] // a table
pub(super) fn cases() -> Vec<Case> {
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
            "scales, and a recommendation by rule",
            jumpstart(),
            "{objectives: [{metric: a, goal: Maximize, scale: Linear}, {metric: b, goal: Minimize, scale: Logarithmic}], recommend: {rule: Best, objective: b, atLeast: [{metric: a, value: '0.5'}]}}",
        ),
        good(
            "values to reach by the knee",
            jumpstart(),
            "{objectives: [{metric: a, goal: Maximize}], recommend: {atLeast: [{metric: a, value: '-1e-3'}]}}",
        ),
        good(
            "results from elsewhere",
            jumpstart(),
            "{candidates: [{name: a, observed: {metrics: {m: '1', 'a b': '2e-3'}}}, {name: b, observed: {datasets: [{name: x, metrics: {m: '1'}}]}}], datasets: [{name: x, channels: [{name: training, s3URI: s3://bucket/x}]}]}",
        ),
        good(
            "selectors alone",
            jumpstart(),
            "{candidates: null, candidateSelectors: [{jumpStart: {task: ic, framework: tensorflow, include: ['*mobilenet*'], exclude: ['*-quant*', 'x?y'], limit: 100, includeDeprecated: true, includeVulnerable: true, acceptEULA: true}, hyperparameters: {epochs: '3'}}, {jumpStart: {}}]}",
        ),
        good(
            "an attached job",
            jumpstart(),
            "{candidates: [{name: a, tuningJobName: my-Job-1}], datasets: [{name: x, channels: [{name: training, s3URI: s3://bucket-b/x}]}]}",
        ),
        good(
            "every setting of a training job",
            jumpstart(),
            "{tags: {team: vision, 'cost center': 'a b/c=1'}, training: {instanceFallbacks: [{instanceType: ml.g5.xlarge, instanceCount: 2, volumeSizeGB: 50}], environment: {A_1: ''}, metricPreset: Auto, outputKMSKeyID: alias/k, outputCompression: None, volumeKMSKeyID: k, maxPendingSeconds: 7200, vpc: {securityGroupIDs: [sg-1], subnets: [subnet-1]}, networkIsolation: false, encryptInterContainerTraffic: true, spot: {maxWaitSeconds: 360000}, checkpoint: {s3URI: s3://bucket-b/c, localPath: /opt/x}, maxRetryAttempts: 3}}",
        ),
        good(
            "every setting of a tuning job",
            jumpstart(),
            "{tuning: {completionCriteria: {targetObjectiveValue: '0.95', maxTrainingJobsNotImproving: 3, completeOnConvergence: true}, autotune: true, warmStart: {type: TransferLearning, parentTuningJobNames: [a, b-1]}, parameterRanges: [{name: x, auto: {}}, {name: z, auto: {valueHint: '1'}}]}}",
        ),
        good(
            "every setting of a channel",
            jumpstart(),
            "{training: {vpc: {securityGroupIDs: [sg-1], subnets: [subnet-1]}}, datasets: [{name: x, testSize: 100, trainingSize: 1000, validationSize: 10, facts: {classes: '256'}, channels: [{name: training, s3URI: s3://bucket-b/x, s3DataType: AugmentedManifestFile, attributeNames: [a], s3DataDistribution: ShardedByS3Key, inputMode: Pipe, compression: Gzip, recordWrapper: RecordIO, shuffleSeed: 7}, {name: test, fileSystem: {id: fs-0123456789abcdef0, type: EFS, directoryPath: /x, access: ReadWrite}}]}]}",
        ),
        good(
            "a hyperparameter without quotes",
            jumpstart(),
            "training: {hyperparameters: {epochs: 5, batch_size: '32'}}",
        ),
        good("an own image without metrics, which may be SageMaker's", own(), "training: {metricDefinitions: null}"),
        good(
            "SageMaker's own algorithm together with an image with definitions",
            own(),
            "candidates: [{name: own, algorithm: {trainingImage: image}}, {name: xgboost, algorithm: {trainingImage: '811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:1'}, tuning: {objective: {metric: 'validation:auc', goal: Maximize}}}]",
        ),
        good(
            "training and tuning of a candidate, and channels of its own",
            jumpstart(),
            "{candidates: [{name: a, jumpStart: {modelID: m}, training: {instanceType: ml.p4d.24xlarge, instanceCount: 2, volumeSizeGB: 100, environment: {A: b}, maxRuntimeSeconds: 60, spot: {}, checkpoint: {s3URI: s3://bucket/c, shared: true}, instanceFallbacks: [{instanceType: ml.g5.xlarge}], outputS3URI: s3://other/}, tuning: {objective: {metric: x, goal: Minimize}, strategy: Random, maxTrainingJobs: 3, maxParallelTrainingJobs: 2, earlyStopping: Auto, completionCriteria: {targetObjectiveValue: '0.5'}}}], datasets: [{name: x, channels: [{name: training, s3URI: s3://bucket/x}], channelOverrides: [{candidates: [a], channels: [{name: training, s3URI: s3://bucket/csv, contentType: text/csv}]}]}]}",
        ),
        good(
            "30 ranges of a candidate",
            jumpstart(),
            &format!("candidates: [{{name: a, jumpStart: {{modelID: m}}, parameterRanges: {}}}]", ranges(30, 2)),
        ),
        good(
            "an access point",
            jumpstart(),
            "training: {outputS3URI: 's3://arn:aws:s3:us-west-2:111122223333:accesspoint/x/y'}",
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
                "{{candidates: [{{name: A.b_c-9, jumpStart: {{modelID: m, version: '4.0.*'}}}}], datasets: [{{name: {}, channels: [{{name: a.b-C_d, s3URI: s3://bucket.with-Dots_1/x, contentType: image/x}}]}}]}}",
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
            "datasets: [{name: d, channels: [{name: model, s3URI: s3://bucket-b/m}, {name: code, s3URI: s3://bucket-b/c}], hyperparameters: {a: ''}}]",
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
            "{tuning: {strategy: Hyperband}, datasets: [{name: a, hyperparameters: {epochs: '9'}, channels: [{name: training, s3URI: s3://bucket-b/a}]}]}",
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
