//! The definition of the resource, as it is installed.

use serde_json::Value;

/// The definition, with whole numbers as people write them.
pub fn crd() -> serde_json::Result<Value> {
    let mut crd = serde_json::to_value(api::crd())?;
    whole_numbers(&mut crd);
    Ok(crd)
}

/// Bounds are doubles in the CRD's type, but nobody writes `maximum: 512.0`.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(whole_numbers),
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        #[allow(clippy::cast_possible_truncation)] // all bounds are those of 32-bit integers
        Value::Number(number) => {
            if let Some(whole) = number.as_f64().filter(|x| number.is_f64() && x.fract() == 0.0) {
                *value = Value::from(whole as i64);
            }
        }
        _ => {}
    }
}
