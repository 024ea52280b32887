//! Numbers as the server reads them: an `int64` if the text is one, else a `float64`, of which a whole one counts as an
//! integer.

use serde_json::Value;

/// The largest integer up to which floats are exact; the server takes no larger float for an integer.
const EXACT: f64 = 9_007_199_254_740_991.0;

/// The integer that a number counts as.
pub(crate) fn whole(number: &Value) -> Option<i64> {
    let exact = |float: &f64| float.fract() == 0.0 && float.abs() <= EXACT;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and not too large")]
    number.as_i64().or_else(|| number.as_f64().filter(exact).map(|float| float as i64))
}

/// Whether a number has a value of the format `int32` or `int64`: the server asks this of larger floats too.
pub(crate) fn fits(number: &Value, format: &str) -> bool {
    let limit = 2f64.powi(if format == "int32" { 31 } else { 63 });
    let in_range = |float: f64| float.fract() == 0.0 && (-limit..limit).contains(&float);
    number.as_f64().is_some_and(in_range) || (format == "int64" && number.is_i64())
}

/// Whether there is a float in the value.
pub(crate) fn has_floats(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_i64(),
        Value::Array(items) => items.iter().any(has_floats),
        Value::Object(fields) => fields.values().any(has_floats),
        _ => false,
    }
}

/// A number as the server writes it in messages.
pub(crate) fn shown(number: &Value) -> String {
    number.as_i64().map_or_else(|| float(number.as_f64().unwrap_or_default()), |whole| whole.to_string())
}

/// A float as Go writes it: with an exponent of at least two digits from a million on, and below a ten thousandth.
pub(crate) fn float(number: f64) -> String {
    let text = format!("{number:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) { number.to_string() } else { format!("{digits}e{exponent:+03}") }
}

/// The value as the server stores it: what counts as an integer is one, such as 155 for `155.0`.
pub fn stored(value: Value) -> Value {
    match value {
        Value::Number(_) => whole(&value).map_or(value, Value::from),
        Value::Array(items) => items.into_iter().map(stored).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, stored(value))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_written_as_the_server_writes_them() {
        for (number, expected) in [
            (json!(1234567), "1234567"),
            (json!(1000.0), "1000"),
            (json!(0.25), "0.25"),
            (json!(-0.0), "-0"),
            (json!(1234567.0), "1.234567e+06"),
            (json!(1e12), "1e+12"),
            (json!(1e300), "1e+300"),
            (json!(0.00001), "1e-05"),
            (json!(u64::MAX), "1.8446744073709552e+19"),
        ] {
            assert_eq!(shown(&number), expected);
        }
    }

    #[test]
    fn a_whole_float_is_stored_as_an_integer() {
        let object = json!({"a": [155.0, 0.5, -0.0, 1e30, i64::MIN, u64::MAX], "b": "2.0", "c": null, "d": true});
        let expected = json!({"a": [155, 0.5, 0, 1e30, i64::MIN, u64::MAX], "b": "2.0", "c": null, "d": true});
        assert_eq!(stored(object), expected);
    }

    #[test]
    fn a_format_has_its_range() {
        for (number, in_32, in_64) in [
            (json!(i32::MAX), true, true),
            (json!(-2147483648.0), true, true),
            (json!(2147483648.0), false, true),
            (json!(i64::MAX), false, true),
            (json!(9223372036854775808.0), false, false),
            (json!(u64::MAX), false, false),
            (json!(0.5), false, false),
        ] {
            assert_eq!((fits(&number, "int32"), fits(&number, "int64")), (in_32, in_64), "{number}");
        }
    }
}
