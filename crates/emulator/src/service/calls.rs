//! Records of requests: counters and a bounded log, for tests that count calls and inspect requests.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;
use serde_json::Value;

/// One request.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Virtual time, in seconds since the epoch.
    pub time: f64,
    /// Real time, in milliseconds since the start.
    pub real_millis: u64,
    /// The operation.
    pub operation: String,
    /// The body.
    pub request: Value,
    /// HTTP status; 0 if the connection was closed without a response.
    pub status: u16,
    /// Error code, or the name of the fault.
    pub error: Option<String>,
    /// Members that the service model does not have.
    pub unknown_members: Vec<String>,
    /// Whether it was signed.
    pub authorization_present: bool,
    /// Whether it was signed with temporary credentials.
    pub security_token_present: bool,
}

/// Counters and log.
#[derive(Debug)]
pub struct Calls {
    most: usize,
    log: VecDeque<Entry>,
    total: u64,
    by_operation: BTreeMap<String, u64>,
    errors: BTreeMap<String, u64>,
    jobs_created: u64,
}

/// The counters.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts<'a> {
    total: u64,
    by_operation: &'a BTreeMap<String, u64>,
    errors: &'a BTreeMap<String, u64>,
    jobs_created: u64,
}

impl Calls {
    /// A log of at most `most` entries.
    pub const fn new(most: usize) -> Self {
        Self {
            most,
            log: VecDeque::new(),
            total: 0,
            by_operation: BTreeMap::new(),
            errors: BTreeMap::new(),
            jobs_created: 0,
        }
    }

    /// Records a request.
    pub fn record(&mut self, entry: Entry) {
        self.total += 1;
        *self.by_operation.entry(entry.operation.clone()).or_default() += 1;
        if let Some(error) = &entry.error {
            *self.errors.entry(format!("{} {error}", entry.operation)).or_default() += 1;
        }
        while self.log.len() >= self.most.max(1) {
            self.log.pop_front();
        }
        self.log.push_back(entry);
    }

    /// Counts a created job, whether or not its creator received the response.
    pub const fn job_created(&mut self) {
        self.jobs_created += 1;
    }

    /// The counters.
    pub const fn counts(&self) -> Counts<'_> {
        Counts {
            total: self.total,
            by_operation: &self.by_operation,
            errors: &self.errors,
            jobs_created: self.jobs_created,
        }
    }

    /// The log, oldest first, of one operation or of all.
    pub fn entries<'a>(&'a self, operation: Option<&'a str>) -> impl Iterator<Item = &'a Entry> {
        self.log.iter().filter(move |entry| operation.is_none_or(|operation| entry.operation == operation))
    }

    /// Clears everything.
    pub fn reset(&mut self) {
        *self = Self::new(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(operation: &str, error: Option<&str>) -> Entry {
        Entry {
            time: 0.0,
            real_millis: 0,
            operation: operation.into(),
            request: Value::Null,
            status: 200,
            error: error.map(Into::into),
            unknown_members: Vec::new(),
            authorization_present: true,
            security_token_present: false,
        }
    }

    #[test]
    fn the_log_is_bounded_and_the_counters_are_not() {
        let mut calls = Calls::new(2);
        for error in [None, Some("ThrottlingException"), Some("ThrottlingException")] {
            calls.record(entry("Search", error));
        }
        calls.record(entry("ListTags", None));
        let counts = serde_json::to_value(calls.counts()).unwrap();
        assert_eq!(counts["total"], 4);
        assert_eq!(counts["errors"]["Search ThrottlingException"], 2);
        assert_eq!(calls.entries(None).count(), 2);
        assert_eq!(calls.entries(Some("Search")).count(), 1);
        calls.reset();
        assert_eq!(serde_json::to_value(calls.counts()).unwrap()["total"], 0);
    }
}
