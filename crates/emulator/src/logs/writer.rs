//! Writes a log.

use std::fmt::Write as _;

use crate::logs::metrics::Line;

/// A float in Python's notation: always with a point, and with an exponent below 1e-4, which `([0-9\.]+)` reads
/// incorrectly.
pub fn python(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-4 {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{digits}e-{:0>2}", exponent.trim_start_matches('-'));
    }
    format!("{value:?}")
}

/// The lines so far.
pub struct Log<'a> {
    /// Oldest first.
    pub lines: Vec<Line>,
    /// Names whose value is `nan`.
    pub nan: &'a [String],
}

impl Log<'_> {
    pub fn say(&mut self, at: f64, text: String) {
        self.lines.push(Line { at, text });
    }

    pub fn item(&mut self, at: f64, name: &str, value: &str, unit: &str) {
        let value = self.value(name, value);
        self.say(at, format!("- {name}: {value}{unit}"));
    }

    /// Logs in Keras's format: four digits.
    pub fn keras(&self, logs: &[(String, f64)]) -> String {
        logs.iter().fold(String::new(), |mut line, (name, value)| {
            let _ = write!(line, " - {name}: {}", self.value(name, &format!("{value:.4}")));
            line
        })
    }

    pub fn value(&self, name: &str, value: &str) -> String {
        if self.nan.iter().any(|nan| nan == name) { "nan".to_owned() } else { value.to_owned() }
    }
}
