//! Errors of the service: their codes, their messages and their form on the wire.

use serde_json::{Value, json};

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// `__type`.
    pub code: &'static str,
    /// Message; empty for errors without one.
    pub message: String,
    /// Modeled errors call the member `Message`, those of the framework `message`.
    modeled: bool,
}

impl ApiError {
    fn framework(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), modeled: false }
    }

    fn modeled(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, code, message: message.into(), modeled: true }
    }

    /// The request violates a rule.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::framework(400, "ValidationException", message)
    }

    /// The request does not have the form that the service model requires.
    pub fn serialization(message: impl Into<String>) -> Self {
        Self { modeled: true, ..Self::framework(400, "SerializationException", message) }
    }

    /// The operation does not exist.
    pub fn unknown_operation(message: impl Into<String>) -> Self {
        Self::framework(400, "UnknownOperationException", message)
    }

    /// The resource does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::modeled("ResourceNotFound", message)
    }

    /// The name is taken.
    pub fn in_use(message: impl Into<String>) -> Self {
        Self::modeled("ResourceInUse", message)
    }

    /// A quota is reached.
    pub fn limit(message: impl Into<String>) -> Self {
        Self::modeled("ResourceLimitExceeded", message)
    }

    /// Too many requests. The body is exactly the 58 bytes seen on the wire (aws/aws-sdk#486).
    pub fn throttled() -> Self {
        Self::framework(400, "ThrottlingException", "Rate exceeded")
    }

    /// The signer lacks the permission.
    pub fn access_denied(message: impl Into<String>) -> Self {
        Self::modeled("AccessDeniedException", message)
    }

    /// The session has expired.
    pub fn expired_token() -> Self {
        Self::framework(400, "ExpiredTokenException", "The security token included in the request is expired")
    }

    /// The access key is unknown.
    pub fn unrecognized_client() -> Self {
        Self::framework(400, "UnrecognizedClientException", "The security token included in the request is invalid.")
    }

    /// The request is not signed.
    pub fn missing_token() -> Self {
        Self::framework(403, "MissingAuthenticationToken", "Missing Authentication Token")
    }

    /// The signature header cannot be parsed.
    pub fn incomplete_signature(header: &str) -> Self {
        Self::framework(
            400,
            "IncompleteSignature",
            format!("Authorization header requires 'Credential' parameter. Authorization={header}"),
        )
    }

    /// The signature is for another service.
    pub fn wrong_scope() -> Self {
        Self::framework(
            400,
            "InvalidSignatureException",
            "Credential should be scoped to correct service: 'sagemaker'.",
        )
    }

    /// A fault of the service.
    pub fn internal() -> Self {
        Self::framework(500, "InternalFailure", "")
    }

    /// The tuning job has already ended and cannot be stopped. Of the message, only the word `already` is certain
    /// (terraform-provider-aws).
    pub fn already_ended() -> Self {
        Self::validation("The hyperparameter tuning job is already in a terminal state.")
    }

    /// The request was signed too long ago, or the signer's clock is wrong.
    pub fn request_expired() -> Self {
        Self::framework(400, "RequestExpired", "Request has expired.")
    }

    /// The same error in the form of most services, with the times of the signature and of the server.
    pub fn signature_expired() -> Self {
        Self::framework(
            400,
            "InvalidSignatureException",
            "Signature expired: 20261124T000000Z is now earlier than 20261124T000500Z (20261124T001000Z - 5 min.)",
        )
    }

    /// The service cannot assume the execution role.
    pub fn role_not_assumable(role: &str) -> Self {
        Self::validation(format!(
            "Could not assume role {role}. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role."
        ))
    }

    /// There is no data at the location of a channel.
    pub fn no_objects(uri: &str, region: &str, role: &str) -> Self {
        let bucket = uri.split('/').nth(2).unwrap_or_default();
        Self::validation(format!(
            "No S3 objects found under S3 URL \"{uri}\" given in input data source. Please ensure that the bucket exists in the \
             selected region ({region}), that objects exist under that S3 prefix, and that the role \"{role}\" has \
             \"s3:ListBucket\" permissions on bucket \"{bucket}\"."
        ))
    }

    /// The response body.
    pub fn body(&self) -> Value {
        match (self.message.is_empty(), self.modeled) {
            (true, _) => json!({"__type": self.code}),
            (false, true) => json!({"__type": self.code, "Message": self.message}),
            (false, false) => json!({"__type": self.code, "message": self.message}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttling_is_the_58_bytes_seen_on_the_wire() {
        assert_eq!(
            ApiError::throttled().body().to_string(),
            r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#
        );
        assert_eq!(ApiError::throttled().body().to_string().len(), 58);
    }
}
