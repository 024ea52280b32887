//! A failed call to SageMaker.

use std::fmt;

use super::rate_limiter::Operation;
use api::{bounds, message};
pub use decide::fault::Class;

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TuningError {
    /// The class of the fault.
    pub class: Class,
    /// The operation, by SageMaker's name.
    pub operation: &'static str,
    /// The exception's name, if the service returned one.
    pub code: Option<String>,
    /// The message of the service or of the network.
    pub message: String,
}

impl TuningError {
    /// The fault for a job with our name whose tags do not prove its owner yet.
    pub fn unproven(why: &str) -> Self {
        let message = format!("the tags of the tuning job do not prove yet that it belongs to this run: {why}");
        Self { class: Class::Transient, operation: Operation::ListTags.as_str(), code: None, message }
    }

    /// The fault for a training job that its tuning job names and that SageMaker does not show: a replica may lag.
    pub fn not_shown(training_job: &str) -> Self {
        let message =
            format!("SageMaker does not show the training job '{training_job}' yet; the operator looks again");
        Self { class: Class::Transient, operation: Operation::DescribeTrainingJob.as_str(), code: None, message }
    }

    /// The fault as a message for people, on one line: the operation, the response, the remedy. A long response is
    /// truncated to leave room for the remedy.
    pub fn explain(&self) -> String {
        let remedy = self.class.remedy();
        let room = bounds::MESSAGE - remedy.chars().count();
        format!("{}{remedy}", message(&self.to_string(), room))
    }
}

impl fmt::Display for TuningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class: _, operation, code, message } = self;
        let message = message.trim_end_matches('.');
        match code {
            Some(code) => write!(f, "{operation} answered {code}: {message}"),
            None => write!(f, "{operation} failed: {message}"),
        }
    }
}

impl std::error::Error for TuningError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recorded_error_has_its_class() {
        let recorded: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/fixtures/errors.wire.json")).unwrap();
        for error in recorded["errors"].as_array().unwrap() {
            let body = &error["body"];
            let message = body["Message"].as_str().or(body["message"].as_str()).unwrap_or_default();
            let status = u16::try_from(error["status"].as_u64().unwrap()).unwrap();
            let expected = match error["class"].as_str().unwrap() {
                "exists" => Class::Exists,
                "quota" => Class::Quota,
                "terminal" | "already-terminal" | "stop-first" => Class::Invalid,
                "retry-some-minutes" if message.contains("role arn") && !message.contains("S3") => Class::Role,
                "retry-some-minutes" => Class::Data,
                "throttle" => Class::Throttled,
                "auth" if body["__type"] == "AccessDeniedException" => Class::Denied,
                "auth" => Class::Credentials,
                "transient" => Class::Transient,
                "not-found" => Class::NotFound,
                other => panic!("unknown class {other}"),
            };
            assert_eq!(Class::of(body["__type"].as_str(), message, Some(status)), expected, "{body}");
        }
    }

    #[test]
    fn html_from_a_proxy_is_transient_or_throttling() {
        assert_eq!(Class::of(None, "<html>", Some(503)), Class::Transient);
        assert_eq!(Class::of(None, "<html>", Some(429)), Class::Throttled);
        assert_eq!(Class::of(Some("SomethingNew"), "", Some(400)), Class::Transient);
    }

    #[test]
    fn the_remedy_follows_even_the_longest_response() {
        let message = format!("Member must satisfy enum value set: [{}]", "ml.m4.xlarge, ".repeat(200));
        for class in Class::ALL {
            let error =
                TuningError { class, operation: "CreateHyperParameterTuningJob", code: None, message: message.clone() };
            let text = error.explain();
            assert!(text.chars().count() <= bounds::MESSAGE && text.ends_with(class.remedy()), "{text}");
        }
    }

    #[test]
    fn an_answer_cannot_forge_a_line() {
        let message = "no\nINFO ready \u{1b}[2J\u{202e}".to_owned();
        let error = TuningError { class: Class::Invalid, operation: "ListTags", code: Some("A\nB".into()), message };
        let text = error.explain();
        assert!(text.starts_with(r"ListTags answered A B: no INFO ready \u{1b}[2J\u{202e}"), "{text}");
    }

    #[test]
    fn errors_are_reported_with_the_remedy() {
        let error = TuningError {
            class: Class::Denied,
            operation: "CreateHyperParameterTuningJob",
            code: Some("AccessDeniedException".into()),
            message: "User: x is not authorized.".into(),
        };
        assert_eq!(
            error.explain(),
            "CreateHyperParameterTuningJob answered AccessDeniedException: User: x is not authorized; allow the \
             action in the IAM policy of the operator's role"
        );
    }
}
