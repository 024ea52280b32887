//! Lines of a log, and the metrics that the service extracts from them.

use std::collections::HashMap;
use std::sync::LazyLock;

use parking_lot::Mutex;
use regex::Regex;

use crate::request::MetricDefinition;

/// One line, and when it is written: seconds after training began.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Seconds.
    pub at: f64,
    /// The text.
    pub text: String,
}

/// A value read from the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Name of the definition.
    pub name: String,
    /// 32 bits, as in the service.
    pub value: f32,
    /// Seconds after training began.
    pub at: f64,
}

/// A definition with its compiled regex.
#[derive(Clone, Debug)]
pub struct Reader {
    name: String,
    regex: Regex,
}

/// Compiled once per process: every job of a selection has the same thirty definitions.
static COMPILED: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);
/// Most cached regexes; if there are more, the cache is cleared.
const MOST_COMPILED: usize = 4096;

fn compiled(source: &str) -> Result<Regex, regex::Error> {
    let mut known = COMPILED.lock();
    if let Some(regex) = known.get(source) {
        return Ok(regex.clone());
    }
    let regex = Regex::new(source)?;
    if known.len() >= MOST_COMPILED {
        known.clear();
    }
    known.insert(source.to_owned(), regex.clone());
    Ok(regex)
}

impl Reader {
    /// Compiles a definition; an error is a mistake of the user.
    pub fn new(definition: &MetricDefinition) -> Result<Self, regex::Error> {
        Ok(Self { name: definition.name.clone(), regex: compiled(&definition.regex)? })
    }

    /// The last value in the lines written until `until`, if a line matches and has a number.
    pub fn read(&self, lines: &[Line], until: f64) -> Option<Metric> {
        lines.iter().rev().filter(|line| line.at <= until).find_map(|line| {
            let last = self
                .regex
                .captures_iter(&line.text)
                .filter_map(|found| found.get(1)?.as_str().parse::<f32>().ok())
                .last()?;
            Some(Metric { name: self.name.clone(), value: last, at: line.at })
        })
    }
}
