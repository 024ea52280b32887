//! What can go wrong with a call, by what it asks of us.

use std::fmt;

use api::Reason;

/// What kind of fault it is. Decides the retry, the reason in the status and the metric label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Asked too often: slow down.
    Throttled,
    /// The network or the service failed: the call may or may not have been carried out.
    Transient,
    /// The account's quota is used up.
    Quota,
    /// The operator may not do that.
    Denied,
    /// The operator's credentials are refused or missing.
    Credentials,
    /// There is no such thing.
    NotFound,
    /// The name is taken.
    Exists,
    /// SageMaker cannot assume the execution role. New roles take minutes to be known everywhere.
    Role,
    /// SageMaker cannot find or read the input data.
    Data,
    /// The request can never be accepted as it is.
    Invalid,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Throttled,
        Self::Transient,
        Self::Quota,
        Self::Denied,
        Self::Credentials,
        Self::NotFound,
        Self::Exists,
        Self::Role,
        Self::Data,
        Self::Invalid,
    ];

    /// The metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Transient => "transient",
            Self::Quota => "quota",
            Self::Denied => "denied",
            Self::Credentials => "credentials",
            Self::NotFound => "not_found",
            Self::Exists => "exists",
            Self::Role => "role",
            Self::Data => "data",
            Self::Invalid => "invalid",
        }
    }

    /// The reason that a run waits for after such a fault.
    pub fn reason(self) -> Reason {
        match self {
            Self::Throttled => Reason::Throttled,
            Self::Transient | Self::NotFound | Self::Exists => Reason::RetryingAfterError,
            Self::Quota => Reason::QuotaExceeded,
            Self::Denied => Reason::AccessDenied,
            Self::Credentials => Reason::CredentialsRejected,
            Self::Role => Reason::RoleNotAssumable,
            Self::Data => Reason::DataNotFound,
            Self::Invalid => Reason::InvalidRequest,
        }
    }

    /// What a person can do about it.
    fn remedy(self) -> &'static str {
        match self {
            Self::Throttled | Self::Transient | Self::NotFound | Self::Exists => "",
            Self::Quota => "; the run starts when the quota allows, or ask AWS to raise it",
            Self::Denied => "; allow the action in the IAM policy of the operator's role",
            Self::Credentials => "; give the operator valid AWS credentials (IRSA, Pod Identity or environment)",
            Self::Role => {
                "; correct `executionRoleARN`, or let the role trust sagemaker.amazonaws.com and the operator pass it"
            }
            Self::Data => "; correct `s3URI` of the channel, or let the execution role read the bucket",
            Self::Invalid => "; correct the spec",
        }
    }

    /// The class of an answer with an error.
    ///
    /// `code` is the exception's name. Codes that are not modelled and texts that decide are those seen in public
    /// reports; an HTTP status stands in where a proxy answered in SageMaker's stead.
    pub fn of(code: Option<&str>, message: &str, status: Option<u16>) -> Self {
        let says = |text: &str| message.to_ascii_lowercase().contains(&text.to_ascii_lowercase());
        match code.unwrap_or_default() {
            "ResourceInUse" => Self::Exists,
            "ResourceNotFound" | "NoSuchKey" => Self::NotFound,
            "ResourceLimitExceeded" => Self::Quota,
            "ValidationException" if says("Requested resource not found") => Self::NotFound,
            "ValidationException" if says("Could not assume role") => Self::Role,
            "ValidationException" if says("No S3 objects found") || says("s3:ListBucket") => Self::Data,
            "ValidationException"
            | "InvalidParameterValue"
            | "InvalidParameterCombination"
            | "MissingParameter"
            | "SerializationException"
            | "UnknownOperationException" => Self::Invalid,
            "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" | "OptInRequired" => Self::Denied,
            "ExpiredTokenException"
            | "ExpiredToken"
            | "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "SignatureDoesNotMatch"
            | "MissingAuthenticationToken" => Self::Credentials,
            "ThrottlingException"
            | "Throttling"
            | "ThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "SlowDown"
            | "RequestThrottled"
            | "RequestThrottledException" => Self::Throttled,
            _ if status == Some(429) => Self::Throttled,
            // What is not known is tried again, slower and slower, rather than given up.
            _ => Self::Transient,
        }
    }
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TuningError {
    /// What kind of fault.
    pub class: Class,
    /// The operation, in SageMaker's words.
    pub operation: &'static str,
    /// The exception's name, if the service gave one.
    pub code: Option<String>,
    /// The service's words, or what the network said.
    pub message: String,
}

impl TuningError {
    /// The fault as a person should read it: what was asked, what was answered, what to do.
    pub fn explain(&self) -> String {
        format!("{self}{}", self.class.remedy())
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
    fn a_proxy_that_answers_html_is_transient_or_throttling() {
        assert_eq!(Class::of(None, "<html>", Some(503)), Class::Transient);
        assert_eq!(Class::of(None, "<html>", Some(429)), Class::Throttled);
        assert_eq!(Class::of(Some("SomethingNew"), "", Some(400)), Class::Transient);
    }

    #[test]
    fn errors_are_told_with_the_remedy() {
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
