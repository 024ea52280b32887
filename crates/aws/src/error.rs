//! Why a call to AWS failed, in words for the user.

use aws_sdk_sts::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use decide::fault::Class;

/// The kind of error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// There are no credentials.
    NoCredentials,
    /// AWS rejects the credentials.
    Credentials,
    /// The user lacks a permission.
    Denied,
    /// The resource does not exist.
    NotFound,
    /// No response: network, DNS, endpoint.
    Unreachable,
    /// Any other error of the service.
    Refused,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{action}: {message}{}", remedy(*.kind, .action))]
pub struct AwsError {
    /// The kind of error.
    pub kind: Kind,
    /// The IAM action of the call, such as `logs:GetLogEvents`.
    pub action: &'static str,
    /// The error message of the service or the network.
    pub message: String,
}

fn remedy(kind: Kind, action: &str) -> String {
    match kind {
        Kind::NoCredentials | Kind::Credentials => {
            "; log in as for the AWS CLI (aws sso login, AWS_PROFILE, or AWS_ACCESS_KEY_ID)".to_owned()
        }
        Kind::Denied => format!("; allow your role {action}, or choose another with AWS_PROFILE"),
        Kind::Unreachable => "; check the network, --region and AWS_ENDPOINT_URL".to_owned(),
        Kind::NotFound | Kind::Refused => String::new(),
    }
}

/// Classifies an SDK error.
pub(crate) fn of<E>(action: &'static str, error: &SdkError<E>) -> AwsError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    if let SdkError::ServiceError(answer) = error {
        let message = error.message().or(error.code()).unwrap_or("an error without words").trim_end_matches('.');
        let status = answer.raw().status().as_u16();
        return AwsError { kind: kind(error.code(), message, status), action, message: message.to_owned() };
    }
    let causes = causes(error);
    // Without credentials, the SDK does not send the request.
    let lacks_credentials = DisplayErrorContext(error).to_string().to_ascii_lowercase().contains("credential");
    let kind = if lacks_credentials { Kind::NoCredentials } else { Kind::Unreachable };
    AwsError { kind, action, message: causes }
}

fn kind(code: Option<&str>, message: &str, status: u16) -> Kind {
    if code.is_some_and(|code| code.starts_with("ResourceNotFound") || code.starts_with("NoSuchResource")) {
        return Kind::NotFound;
    }
    match Class::of(code, message, Some(status)) {
        Class::Credentials | Class::Clock => Kind::Credentials,
        Class::Denied => Kind::Denied,
        Class::NotFound => Kind::NotFound,
        _ => Kind::Refused,
    }
}

/// The chain of causes, from the SDK to the operating system, each once and without the SDK's debug dumps.
fn causes(error: &dyn std::error::Error) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        let text = text.split(" (").next().unwrap_or(&text).to_owned();
        if !causes.iter().any(|known| known.contains(&text)) {
            causes.push(text);
        }
        next = cause.source();
    }
    causes.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_kind() {
        for (code, status, expected) in [
            (Some("AccessDeniedException"), 400, Kind::Denied),
            (Some("ExpiredTokenException"), 400, Kind::Credentials),
            (Some("UnrecognizedClientException"), 400, Kind::Credentials),
            (Some("ResourceNotFoundException"), 400, Kind::NotFound),
            (Some("NoSuchResourceException"), 400, Kind::NotFound),
            (Some("InvalidParameterException"), 400, Kind::Refused),
            (None, 502, Kind::Refused),
        ] {
            assert_eq!(kind(code, "", status), expected, "{code:?} {status}");
        }
    }

    #[test]
    fn the_remedy_names_the_action() {
        let error = AwsError { kind: Kind::Denied, action: "logs:GetLogEvents", message: "not authorized".into() };
        assert_eq!(
            error.to_string(),
            "logs:GetLogEvents: not authorized; allow your role logs:GetLogEvents, or choose another with AWS_PROFILE"
        );
    }
}
