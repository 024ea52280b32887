//! Generates the CRD.

use serde_json::Value;

/// The CRD, with whole numbers written as integers.
pub fn crd() -> serde_json::Result<Value> {
    let mut crd = serde_json::to_value(api::crd())?;
    whole_numbers(&mut crd);
    Ok(crd)
}

/// Bounds are doubles in the CRD's type, but `maximum: 512.0` is unusual.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(whole_numbers),
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        #[allow(clippy::cast_possible_truncation)] // all bounds fit into 64-bit integers
        Value::Number(number) => {
            if let Some(whole) = number.as_f64().filter(|x| number.is_f64() && x.fract() == 0.0) {
                *value = Value::from(whole as i64);
            }
        }
        _ => {}
    }
}
