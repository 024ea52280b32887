//! What a planted request must keep to. It may break the rules of AWS, but the emulator must be able to simulate it.

use crate::request::{CreateRequest, NumericRange};

/// Most training jobs that any strategy allows.
const MOST_TRAINING_JOBS: u32 = 10_000;

/// Why a job cannot be simulated; `trials` is the number of its training jobs.
pub fn check(request: &CreateRequest, trials: u32) -> Result<(), String> {
    if trials > MOST_TRAINING_JOBS {
        return Err(format!(
            "MaxNumberOfTrainingJobs, or the number of combinations of a grid, must not exceed {MOST_TRAINING_JOBS}; it is {trials}."
        ));
    }
    for ranges in request.definitions().filter_map(|definition| request.ranges(definition)) {
        ranges.integer_parameter_ranges.iter().chain(&ranges.continuous_parameter_ranges).try_for_each(check_range)?;
    }
    Ok(())
}

/// Bounds that are no numbers at all are used as texts.
fn check_range(range: &NumericRange) -> Result<(), String> {
    let NumericRange { name, min_value, max_value, .. } = range;
    let (Ok(min), Ok(max)) = (min_value.parse::<f64>(), max_value.parse::<f64>()) else { return Ok(()) };
    if !min.is_finite() || !max.is_finite() {
        return Err(format!("MinValue ({min_value}) and MaxValue ({max_value}) of {name} must be finite numbers."));
    }
    if min > max {
        return Err(format!("MinValue ({min_value}) must not exceed MaxValue ({max_value}) of {name}."));
    }
    Ok(())
}
