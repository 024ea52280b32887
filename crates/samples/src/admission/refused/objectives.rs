//! Objectives and constraints.

use crate::admission::{Case, bad, bad_own, list};

pub(super) fn cases() -> Vec<Case> {
    vec![
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
        bad(
            "a bad scale",
            "objectives: [{metric: a, goal: Maximize, scale: log}]",
            &["spec.objectives[0].scale", "\"Linear\", \"Logarithmic\""],
        ),
        bad(
            "the best of nothing",
            "recommend: {rule: Best}",
            &["spec.recommend.objective", "`objective` must be set when `rule` is 'Best', and left out otherwise"],
        ),
        bad(
            "the best of a metric that is not an objective",
            "recommend: {rule: Best, objective: nothing}",
            &["spec.recommend", "`recommend.objective` must be the metric of one of `objectives`"],
        ),
        bad(
            "a value to reach of a metric that is not an objective",
            "recommend: {atLeast: [{metric: nothing, value: '1'}]}",
            &["spec.recommend", "`recommend.atLeast` must each name the metric of one of `objectives`"],
        ),
        bad(
            "a value to reach that is not a number",
            "{objectives: [{metric: a, goal: Maximize}], recommend: {atLeast: [{metric: a, value: much}]}}",
            &["spec.recommend.atLeast[0].value", "must be a decimal number"],
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
            "a constraint that is not a number",
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
    ]
}
