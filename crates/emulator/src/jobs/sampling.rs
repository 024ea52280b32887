//! The values that a training job tries. Not an optimizer: seeded, within the ranges, and distinct where possible.

use std::collections::BTreeMap;

use crate::random;
use crate::request::{CreateRequest, NumericRange, Ranges, Strategy};

/// The tuned hyperparameters of the training job with this index (from 0).
pub fn suggest(strategy: Strategy, ranges: &Ranges, seed: &str, index: u32) -> BTreeMap<String, String> {
    let mut chosen = categorical(strategy, ranges, seed, index);
    let u = |name: &str| random::unit(&["value", seed, name, &index.to_string()]);
    for range in &ranges.integer_parameter_ranges {
        chosen.insert(range.name.clone(), integer(range, u(&range.name)));
    }
    for range in &ranges.continuous_parameter_ranges {
        chosen.insert(range.name.clone(), continuous(range, u(&range.name)));
    }
    for hint in &ranges.auto_parameters {
        chosen.insert(hint.name.clone(), around(&hint.value_hint, u(&hint.name), index));
    }
    chosen
}

/// Number of combinations of the categorical ranges; `None` if there are more than 2^64.
fn combinations(ranges: &Ranges) -> Option<u64> {
    let mut sizes = ranges.categorical_parameter_ranges.iter().map(|range| range.values.len().max(1) as u64);
    sizes.try_fold(1_u64, u64::checked_mul)
}

/// Number of training jobs that a grid search needs, over all definitions; `None` if there are more than 2^64.
pub fn grid(request: &CreateRequest) -> Option<u64> {
    let mut sizes = request.definitions().map(|definition| request.ranges(definition).map_or(Some(1), combinations));
    sizes.try_fold(0_u64, |all, size| all.checked_add(size?))
}

/// Every combination once before any repeats, for every strategy: two jobs over two values try both. A grid enumerates
/// them in order, the others in an order determined by the seed.
fn categorical(strategy: Strategy, ranges: &Ranges, seed: &str, index: u32) -> BTreeMap<String, String> {
    let all = combinations(ranges).unwrap_or(u64::MAX);
    let mut place = u64::from(index) % all;
    if strategy != Strategy::Grid {
        let start = random::number(&["order", seed]) % all;
        let stepped = u128::from(place) * u128::from(stride(seed, all)) + u128::from(start);
        place = u64::try_from(stepped % u128::from(all)).unwrap_or(0);
    }
    let mut chosen = BTreeMap::new();
    for range in &ranges.categorical_parameter_ranges {
        let n = range.values.len().max(1) as u64;
        let value = usize::try_from(place % n).ok().and_then(|at| range.values.get(at));
        chosen.insert(range.name.clone(), value.cloned().unwrap_or_default());
        place /= n;
    }
    chosen
}

/// A step that is coprime to `all`, so that stepping visits every value.
fn stride(seed: &str, all: u64) -> u64 {
    let mut step = (random::number(&["stride", seed]) % all).max(1);
    while divisor(step, all) != 1 {
        step = step % all + 1;
    }
    step
}

const fn divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { divisor(b, a % b) }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "hyperparameters are small whole numbers"
)]
fn integer(range: &NumericRange, u: f64) -> String {
    let (Ok(min), Ok(max)) = (range.min_value.parse::<i64>(), range.max_value.parse::<i64>()) else {
        return range.min_value.clone();
    };
    let value = if logarithmic(range) && min > 0 {
        exponential(min as f64, max as f64 + 1.0, u).floor()
    } else {
        (max as f64 - min as f64 + 1.0).mul_add(u, min as f64).floor()
    };
    (value as i64).min(max).max(min).to_string()
}

fn continuous(range: &NumericRange, u: f64) -> String {
    let (Ok(min), Ok(max)) = (range.min_value.parse::<f64>(), range.max_value.parse::<f64>()) else {
        return range.min_value.clone();
    };
    let value = match range.scaling_type.as_deref() {
        Some("Logarithmic") if min > 0.0 => exponential(min, max, u),
        Some("ReverseLogarithmic") if max < 1.0 => 1.0 - exponential(1.0 - max, 1.0 - min, u),
        _ => (max - min).mul_add(u, min),
    };
    value.min(max).max(min).to_string()
}

fn logarithmic(range: &NumericRange) -> bool {
    range.scaling_type.as_deref() == Some("Logarithmic")
}

fn exponential(low: f64, high: f64, u: f64) -> f64 {
    (low.ln() + (high.ln() - low.ln()) * u).exp()
}

/// Autotune: the hint first, then values up to a factor of three around it.
fn around(hint: &str, u: f64, index: u32) -> String {
    if index == 0 {
        return hint.to_owned();
    }
    let factor = exponential(1.0 / 3.0, 3.0, u);
    match (hint.parse::<u32>(), hint.parse::<f64>()) {
        (Ok(whole), _) => (f64::from(whole) * factor).round().max(1.0).to_string(),
        (_, Ok(real)) if real.is_finite() => (real * factor).to_string(),
        _ => hint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::request::{CategoricalRange, Strategy};

    fn choice(name: &str, n: usize) -> CategoricalRange {
        CategoricalRange { name: name.into(), values: (0..n).map(|i| format!("v{i}")).collect() }
    }

    fn number(min: &str, max: &str, scaling: &str) -> NumericRange {
        NumericRange {
            name: "x".into(),
            min_value: min.into(),
            max_value: max.into(),
            scaling_type: Some(scaling.into()),
        }
    }

    #[test]
    fn a_grid_tries_every_combination_in_order() {
        let ranges = Ranges { categorical_parameter_ranges: vec![choice("a", 2), choice("b", 3)], ..Ranges::default() };
        assert_eq!(combinations(&ranges), Some(6));
        let tried: Vec<String> = (0..6)
            .map(|i| suggest(Strategy::Grid, &ranges, "s", i).into_values().collect::<Vec<_>>().join(","))
            .collect();
        assert_eq!(tried, ["v0,v0", "v1,v0", "v0,v1", "v1,v1", "v0,v2", "v1,v2"]);
    }

    #[test]
    fn combinations_beyond_any_number_are_counted_as_such() {
        let ranges = Ranges {
            categorical_parameter_ranges: (0..30).map(|i| choice(&format!("c{i}"), 30)).collect(),
            ..Ranges::default()
        };
        assert_eq!(combinations(&ranges), None);
        assert_eq!(suggest(Strategy::Bayesian, &ranges, "s", 7).len(), 30);
    }

    proptest! {
        #[test]
        fn distinct_values_come_first(a in 1_usize..8, b in 1_usize..8, seed in "[a-z]{1,8}") {
            let ranges = Ranges { categorical_parameter_ranges: vec![choice("a", a), choice("b", b)], ..Ranges::default() };
            let n = u32::try_from(a * b).unwrap();
            let tried: BTreeSet<_> = (0..n).map(|i| suggest(Strategy::Bayesian, &ranges, &seed, i)).collect();
            prop_assert_eq!(tried.len(), a * b);
        }

        #[test]
        fn numbers_stay_inside(seed in "[a-z]{1,8}", index in 0_u32..100) {
            for scaling in ["Auto", "Linear", "Logarithmic"] {
                let ranges = Ranges {
                    integer_parameter_ranges: vec![NumericRange { name: "i".into(), ..number("8", "64", scaling) }],
                    continuous_parameter_ranges: vec![number("1e-05", "0.1", scaling)],
                    ..Ranges::default()
                };
                let chosen = suggest(Strategy::Random, &ranges, &seed, index);
                prop_assert!((8..=64).contains(&chosen["i"].parse::<i64>().unwrap()));
                prop_assert!((1e-5..=0.1).contains(&chosen["x"].parse::<f64>().unwrap()));
            }
            let reverse = continuous(&number("0.1", "0.99", "ReverseLogarithmic"), 0.7);
            prop_assert!((0.1..=0.99).contains(&reverse.parse::<f64>().unwrap()));
        }
    }

    #[test]
    fn logarithmic_means_that_decades_are_equally_likely() {
        let range = number("0.00001", "0.1", "Logarithmic");
        let below =
            (0..100).filter(|i| continuous(&range, f64::from(*i) / 100.0).parse::<f64>().unwrap() < 0.001).count();
        assert_eq!(below, 50);
    }
}
