//! Values in Python's notation, because the training scripts parse them with Python and the vendor's SDK sends them in
//! this form.

use serde_json::Value;

/// `str(value)`: `True`, `1e-07`, `0.0`, `5`; a text is unchanged.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => self::float(float),
            _ => number.to_string(),
        },
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", joined(items.iter().map(representation))),
        Value::Object(items) => {
            let items = items.iter().map(|(key, value)| format!("{}: {}", quoted(key), representation(value)));
            format!("{{{}}}", joined(items))
        }
    }
}

/// `repr(value)`, the notation of a value inside another one.
fn representation(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        other => text(other),
    }
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// In single quotes, unless the text contains single and no double quotes.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut quoted = String::from(quote);
    for letter in text.chars() {
        match letter {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\\' => quoted.push_str("\\\\"),
            _ if letter == quote => quoted.extend(['\\', quote]),
            _ => quoted.push(letter),
        }
    }
    quoted.push(quote);
    quoted
}

/// `json.dumps(text)`, in ASCII.
pub(super) fn json(text: &str) -> String {
    let mut json = String::new();
    for letter in Value::from(text).to_string().chars() {
        match letter {
            ' '..='~' => json.push(letter),
            _ => letter.encode_utf16(&mut [0; 2]).iter().for_each(|unit| json.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    json
}

/// `repr(float)`: the shortest decimal, with an exponent of at least two digits below 1e-4 and from 1e16.
pub(super) fn float(value: f64) -> String {
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..16).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.abs())
        }
        _ => {
            let plain = value.to_string();
            if plain.contains('.') { plain } else { format!("{plain}.0") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn as_python_would() {
        for (value, expected) in [
            (json!(1e-7), "1e-07"),
            (json!(0.0), "0.0"),
            (json!(0.001), "0.001"),
            (json!(0.0001), "0.0001"),
            (json!(0.00002), "2e-05"),
            (json!(5), "5"),
            (json!(1e16), "1e+16"),
            (json!(123_456.5), "123456.5"),
            (json!(true), "True"),
            (json!("adam"), "adam"),
            (json!(null), "None"),
            (json!(["a", 1, 1e-5, [true, null]]), "['a', 1, 1e-05, [True, None]]"),
            (json!(["it's", "\"", "' \""]), r#"["it's", '"', '\' "']"#),
            (json!({"a": {}}), "{'a': {}}"),
        ] {
            assert_eq!(text(&value), expected);
        }
    }

    #[test]
    fn json_is_ascii() {
        assert_eq!(json("say \"hi\"\n"), r#""say \"hi\"\n""#);
        assert_eq!(json("na\u{ef}ve \u{1f600}\u{7f}"), r#""na\u00efve \ud83d\ude00\u007f""#);
    }
}
