//! Rules for hyperparameter ranges.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::ApiError;
use crate::request::{NumericRange, Ranges};

/// Most searched hyperparameters, over all kinds of ranges.
const MOST_RANGES: usize = 30;
/// Most static and tuned hyperparameters, including the one that the service adds.
const MOST_HYPERPARAMETERS: usize = 100;

/// The first violated rule on the ranges.
pub fn check(ranges: &Ranges, statics: &BTreeMap<String, String>, autotune: bool) -> Result<(), ApiError> {
    let numeric =
        ranges.integer_parameter_ranges.iter().chain(&ranges.continuous_parameter_ranges).map(|range| &range.name);
    let names: Vec<&String> = numeric
        .chain(ranges.categorical_parameter_ranges.iter().map(|range| &range.name))
        .chain(ranges.auto_parameters.iter().map(|hint| &hint.name))
        .collect();
    if names.is_empty() && !autotune {
        return refuse("At least one hyperparameter range must be provided.");
    }
    if names.len() - ranges.auto_parameters.len() > MOST_RANGES {
        return refuse(format!("The number of hyperparameter ranges must not exceed {MOST_RANGES}."));
    }
    if !ranges.auto_parameters.is_empty() && !autotune {
        return refuse("AutoParameters are only supported when Autotune is enabled.");
    }
    let mut seen = BTreeSet::new();
    for name in &names {
        if !seen.insert(*name) {
            return refuse(format!("The hyperparameter {name} has more than one range."));
        }
        if statics.contains_key(*name) {
            return refuse(format!("The hyperparameter {name} must not be both static and tunable."));
        }
    }
    if names.len() + statics.len() + 1 > MOST_HYPERPARAMETERS {
        return refuse(format!(
            "The number of static and tunable hyperparameters together must not exceed {MOST_HYPERPARAMETERS}."
        ));
    }
    for range in &ranges.integer_parameter_ranges {
        let bounds = (range.min_value.parse::<i64>(), range.max_value.parse::<i64>());
        let (Ok(min), Ok(max)) = bounds else { return refuse(not_a_number(range, "an integer")) };
        if range.scaling_type.as_deref() == Some("ReverseLogarithmic") {
            return refuse(format!(
                "ReverseLogarithmic scaling is not supported for the integer hyperparameter {}.",
                range.name
            ));
        }
        check_bounds(range, min > max, min <= 0)?;
    }
    for range in &ranges.continuous_parameter_ranges {
        let number = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite());
        let Some((min, max)) = number(&range.min_value).zip(number(&range.max_value)) else {
            return refuse(not_a_number(range, "a number"));
        };
        check_bounds(range, min > max, min <= 0.0)?;
        if range.scaling_type.as_deref() == Some("ReverseLogarithmic") && !(min >= 0.0 && max < 1.0) {
            return refuse(format!("ReverseLogarithmic scaling of {} requires a range within 0 <= x < 1.", range.name));
        }
    }
    Ok(())
}

fn check_bounds(range: &NumericRange, reversed: bool, touches_zero: bool) -> Result<(), ApiError> {
    let NumericRange { name, min_value, max_value, .. } = range;
    if reversed {
        return refuse(format!(
            "MinValue ({min_value}) must not exceed MaxValue ({max_value}) for the hyperparameter {name}."
        ));
    }
    if touches_zero && range.scaling_type.as_deref() == Some("Logarithmic") {
        return refuse(format!("Logarithmic scaling of {name} requires values greater than 0."));
    }
    Ok(())
}

fn not_a_number(range: &NumericRange, what: &str) -> String {
    format!(
        "MinValue ({}) and MaxValue ({}) of the hyperparameter {} must each be {what}.",
        range.min_value, range.max_value, range.name
    )
}

fn refuse<T>(message: impl Into<String>) -> Result<T, ApiError> {
    Err(ApiError::validation(message))
}
