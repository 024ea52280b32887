//! Candidates.

use crate::admission::{Case, bad, bad_own, candidates, datasets, list, ranges};

#[allow(clippy::too_many_lines)] // a table
pub(super) fn cases() -> Vec<Case> {
    vec![
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
            "results from elsewhere without any",
            "candidates: [{name: a, observed: {}}]",
            &["spec.candidates[0].observed", "`observed` must have `metrics` or `datasets`"],
        ),
        bad(
            "an observed result that is not a number",
            "candidates: [{name: a, observed: {metrics: {m: NaN}}}]",
            &["spec.candidates[0].observed.metrics.m", "should match"],
        ),
        bad(
            "results from elsewhere with hyperparameters",
            "candidates: [{name: a, observed: {metrics: {m: '1'}}, hyperparameters: {a: '1'}}]",
            &["spec.candidates[0].observed", "must be left out when `observed` is set"],
        ),
        bad(
            "9 candidates from elsewhere",
            &format!("candidates: {}", list(9, |i| format!("{{name: c{i}, observed: {{metrics: {{m: '1'}}}}}}"))),
            &["spec.candidates", "at most 8 entries with `observed`"],
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
            "a price that is not a number",
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
            "datasets: [{name: x, channels: [{name: training, s3URI: s3://bucket-b/x, attributeNames: [a]}]}]",
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
                "a candidate must have exactly one of `jumpStart`, `algorithm`, `tuningJobName` and `observed`",
            ],
        ),
        bad_own(
            "a candidate of no kind",
            "candidates: [{name: a}]",
            &[
                "spec.candidates[0]",
                "a candidate must have exactly one of `jumpStart`, `algorithm`, `tuningJobName` and `observed`",
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
        bad(
            "31 ranges of a candidate",
            &format!("candidates: [{{name: a, jumpStart: {{modelID: m}}, parameterRanges: {}}}]", ranges(31, 2)),
            &["spec.candidates[0].parameterRanges", "at most 30 items"],
        ),
        bad(
            "an empty training of a candidate",
            "candidates: [{name: a, jumpStart: {modelID: m}, training: {}}]",
            &["spec.candidates[0].training", "at least 1 properties"],
        ),
        bad(
            "no instances of a candidate",
            "candidates: [{name: a, jumpStart: {modelID: m}, training: {instanceType: ml.g5.xlarge, instanceCount: 0}}]",
            &["spec.candidates[0].training.instanceCount", "greater than or equal to 1"],
        ),
        bad(
            "training of an attached job",
            "candidates: [{name: a, tuningJobName: job, training: {instanceType: ml.g5.xlarge}}]",
            &["spec.candidates[0]", "must be left out when `tuningJobName` is set"],
        ),
        bad(
            "a reserved tag in capitals",
            "tags: {'AWS:x': 'z'}",
            &["spec.tags", "do not begin with 'aws:' in any case"],
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
    ]
}
