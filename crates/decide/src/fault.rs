//! The classes of faults, which determine how the operator reacts to a failed call to SageMaker.

use api::Reason;

/// The class of a fault. It determines the retry, the reason in the status and the metric label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Too many calls: slow down.
    Throttled,
    /// The network or the service failed: the call may or may not have been carried out.
    Transient,
    /// The account's quota is used up.
    Quota,
    /// The operator lacks a permission.
    Denied,
    /// The operator's credentials are refused or missing.
    Credentials,
    /// The object does not exist.
    NotFound,
    /// The name is taken.
    Exists,
    /// SageMaker cannot assume the execution role. New roles take minutes to be known everywhere (eventual consistency
    /// of IAM).
    Role,
    /// SageMaker cannot find or read the input data.
    Data,
    /// The clocks of this machine and of AWS differ too much for signatures to be accepted.
    Clock,
    /// The request can never be accepted in this form.
    Invalid,
    /// The job to stop has already ended: a race, and not a fault.
    Ended,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 12] = [
        Self::Throttled,
        Self::Transient,
        Self::Quota,
        Self::Denied,
        Self::Credentials,
        Self::NotFound,
        Self::Exists,
        Self::Role,
        Self::Data,
        Self::Clock,
        Self::Invalid,
        Self::Ended,
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
            Self::Clock => "clock",
            Self::Invalid => "invalid",
            Self::Ended => "ended",
        }
    }

    /// The reason of a run that waits because of such a fault.
    pub fn reason(self) -> Reason {
        match self {
            Self::Throttled => Reason::Throttled,
            Self::Transient | Self::NotFound | Self::Exists | Self::Ended => Reason::RetryingAfterError,
            Self::Quota => Reason::QuotaExceeded,
            Self::Denied => Reason::AccessDenied,
            Self::Credentials => Reason::CredentialsRejected,
            Self::Role => Reason::RoleNotAssumable,
            Self::Data => Reason::DataNotFound,
            Self::Clock => Reason::ClockSkewed,
            Self::Invalid => Reason::InvalidRequest,
        }
    }

    /// The remedy, as the end of a message.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Throttled | Self::Transient | Self::NotFound | Self::Exists | Self::Ended => "",
            Self::Quota => "; the run starts when the quota allows, or ask AWS to raise it",
            Self::Denied => "; allow the action in the IAM policy of the operator's role",
            Self::Credentials => "; give the operator valid AWS credentials (IRSA, Pod Identity or environment)",
            Self::Role => {
                "; correct `executionRoleARN`, or let the role trust sagemaker.amazonaws.com and the operator pass it"
            }
            Self::Data => "; correct `s3URI` of the channel, or let the execution role read the bucket",
            Self::Clock => "; set the clock of the operator's node (NTP)",
            Self::Invalid => "; correct the spec",
        }
    }

    /// The class of an error response.
    ///
    /// `code` is the exception's name. Error codes that the SDK does not model, and the messages that distinguish
    /// cases, come from public reports. The HTTP status decides if a proxy responded instead of SageMaker.
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
            "InvalidSignatureException" | "SignatureDoesNotMatch"
                if says("Signature expired") || says("not yet current") =>
            {
                Self::Clock
            }
            "ExpiredTokenException"
            | "ExpiredToken"
            | "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "SignatureDoesNotMatch"
            | "MissingAuthenticationToken" => Self::Credentials,
            "RequestExpired" | "RequestTimeTooSkewed" => Self::Clock,
            "ThrottlingException"
            | "Throttling"
            | "ThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "SlowDown"
            | "RequestThrottled"
            | "RequestThrottledException" => Self::Throttled,
            _ if status == Some(429) => Self::Throttled,
            // An unknown error is retried with growing pauses, and is never final.
            _ => Self::Transient,
        }
    }
}
