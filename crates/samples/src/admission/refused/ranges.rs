//! Ranges.

use crate::admission::{Case, bad, range, ranges};

#[allow(clippy::too_many_lines)] // a table
pub(super) fn cases() -> Vec<Case> {
    vec![
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
            "a continuous range that is not a number",
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
    ]
}
