//! Tuning.

use crate::admission::{Case, bad, bad_own, ranges};

#[allow(clippy::too_many_lines)] // a table
pub(super) fn cases() -> Vec<Case> {
    vec![
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
            "a seed that is not a 32-bit number",
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
            "Hyperband without bounds",
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
    ]
}
