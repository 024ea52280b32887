//! Numbers as decimal strings: Kubernetes forbids floats in an API, because they do not survive a round trip.

/// The shortest decimal that parses back to the same `f64`, except that the sign of a zero is dropped. `None` if the
/// value is not finite, because JSON and the status cannot represent it.
pub fn decimal(value: f64) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    let value = value + 0.0;
    let plain = format!("{value}");
    let scientific = format!("{value:e}");
    // Scientific notation only if it is much shorter: `1e-7` rather than `0.0000001`, but `300000` rather than `3e5`.
    Some(if plain.len() <= scientific.len() + 6 { plain } else { scientific })
}

/// The shortest decimal of a 32-bit float, as SageMaker reports metrics. Converting it to 64 bits first would turn 0.91
/// into 0.9100000262260437. `None` if the value is not finite.
pub fn decimal_of_f32(value: f32) -> Option<String> {
    decimal(value.to_string().parse::<f64>().ok()?)
}

/// Parses a decimal string of the API; `None` if it is not a finite number.
pub fn parse_decimal(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// `value` rounded to `digits` significant digits, at least one: further digits are floating-point noise.
pub fn significant(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits.saturating_sub(1)).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_as_short_as_people_write_them() {
        for (value, text) in [
            (0.001, "0.001"),
            (0.0002, "0.0002"),
            (1e-7, "0.0000001"),
            (1e-12, "1e-12"),
            (300_000.0, "300000"),
            (0.964, "0.964"),
            (-0.5, "-0.5"),
            (-0.0, "0"),
        ] {
            assert_eq!(decimal(value).as_deref(), Some(text));
        }
        assert_eq!(decimal(f64::NAN), None);
        assert_eq!(decimal(f64::INFINITY), None);
        assert_eq!(parse_decimal("inf"), None);
    }

    #[test]
    #[allow(clippy::float_cmp)] // these are exact
    fn significant_digits_start_at_the_first_nonzero_digit() {
        for (value, digits, rounded) in
            [(0.1 + 0.2, 12, 0.3), (1234.5, 2, 1200.0), (0.0, 3, 0.0), (-0.001_239, 3, -0.001_24), (9.99, 1, 10.0)]
        {
            assert_eq!(significant(value, digits), rounded);
        }
        assert!(significant(f64::NAN, 3).is_nan() && significant(f64::INFINITY, 3).is_infinite());
    }

    proptest! {
        #[test]
        fn every_finite_value_round_trips(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            prop_assert_eq!(parse_decimal(&decimal(value).unwrap()), Some(value));
        }
    }
}
