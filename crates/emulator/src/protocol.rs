//! awsJson1.1: how a request names its operation and its signer, and what an error looks like.

use serde_json::{Value, json};

/// An answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// `__type`.
    pub code: &'static str,
    /// Text; empty for the errors that have none.
    pub message: String,
    /// Modeled errors spell the member `Message`, those of the framework `message`.
    modeled: bool,
}

impl ApiError {
    fn framework(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), modeled: false }
    }

    fn modeled(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, code, message: message.into(), modeled: true }
    }

    /// The request breaks a rule.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::framework(400, "ValidationException", message)
    }

    /// The request is not of the form the model wants.
    pub fn serialization(message: impl Into<String>) -> Self {
        Self { modeled: true, ..Self::framework(400, "SerializationException", message) }
    }

    /// No such operation.
    pub fn unknown_operation(message: impl Into<String>) -> Self {
        Self::framework(400, "UnknownOperationException", message)
    }

    /// No such resource.
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

    /// Too many requests. The body is exactly the 58 bytes that were seen on the wire (aws/aws-sdk#486).
    pub fn throttled() -> Self {
        Self::framework(400, "ThrottlingException", "Rate exceeded")
    }

    /// The signer may not do this.
    pub fn access_denied(message: impl Into<String>) -> Self {
        Self::modeled("AccessDeniedException", message)
    }

    /// The session ended.
    pub fn expired_token() -> Self {
        Self::framework(400, "ExpiredTokenException", "The security token included in the request is expired")
    }

    /// The key is not known.
    pub fn unrecognized_client() -> Self {
        Self::framework(400, "UnrecognizedClientException", "The security token included in the request is invalid.")
    }

    /// The request is not signed.
    pub fn missing_token() -> Self {
        Self::framework(403, "MissingAuthenticationToken", "Missing Authentication Token")
    }

    /// The signature header cannot be read.
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

    /// The body on the wire.
    pub fn body(&self) -> Value {
        match (self.message.is_empty(), self.modeled) {
            (true, _) => json!({"__type": self.code}),
            (false, true) => json!({"__type": self.code, "Message": self.message}),
            (false, false) => json!({"__type": self.code, "message": self.message}),
        }
    }
}

/// Who signed a request, as far as the `Authorization` header tells. Any signature is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The region of the credential scope: decides whose state the request sees.
    pub region: String,
}

impl Signer {
    /// Reads `AWS4-HMAC-SHA256 Credential=AKID/20261124/us-west-2/sagemaker/aws4_request, SignedHeaders=..., Signature=...`.
    pub fn read(header: Option<&str>) -> Result<Self, ApiError> {
        let header = header.ok_or_else(ApiError::missing_token)?;
        let incomplete = || ApiError::incomplete_signature(header);
        let parameters = header.strip_prefix("AWS4-HMAC-SHA256").ok_or_else(incomplete)?;
        let mut parameters = parameters.split([',', ' ']).filter_map(|parameter| parameter.trim().split_once('='));
        let (_, scope) = parameters.find(|(name, _)| *name == "Credential").ok_or_else(incomplete)?;
        match scope.split('/').rev().collect::<Vec<_>>().as_slice() {
            ["aws4_request", "sagemaker", region, _date, _key, ..] if !region.is_empty() => {
                Ok(Self { region: (*region).to_owned() })
            }
            ["aws4_request", _other, _, _, _, ..] => Err(ApiError::wrong_scope()),
            _ => Err(incomplete()),
        }
    }
}

/// The operation in `X-Amz-Target: SageMaker.<Operation>`.
pub fn operation(target: Option<&str>) -> Result<&str, ApiError> {
    let target = target.ok_or_else(|| ApiError::unknown_operation("The header X-Amz-Target is missing."))?;
    target
        .strip_prefix("SageMaker.")
        .ok_or_else(|| ApiError::unknown_operation(format!("The target {target} is not of this service.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_comes_from_the_credential_scope() {
        let header = "AWS4-HMAC-SHA256 Credential=AKID/20261124/eu-central-1/sagemaker/aws4_request, SignedHeaders=host, Signature=00";
        assert_eq!(Signer::read(Some(header)).unwrap().region, "eu-central-1");
        assert_eq!(Signer::read(None).unwrap_err().code, "MissingAuthenticationToken");
        assert_eq!(Signer::read(Some("Bearer x")).unwrap_err().code, "IncompleteSignature");
        let s3 =
            "AWS4-HMAC-SHA256 Credential=AKID/20261124/eu-central-1/s3/aws4_request, SignedHeaders=host, Signature=00";
        assert_eq!(Signer::read(Some(s3)).unwrap_err().code, "InvalidSignatureException");
    }

    #[test]
    fn throttling_is_the_58_bytes_seen_on_the_wire() {
        assert_eq!(
            ApiError::throttled().body().to_string(),
            r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#
        );
        assert_eq!(ApiError::throttled().body().to_string().len(), 58);
    }

    #[test]
    fn targets() {
        assert_eq!(operation(Some("SageMaker.ListTags")), Ok("ListTags"));
        assert!(operation(Some("DynamoDB_20120810.ListTables")).is_err());
        assert!(operation(None).is_err());
    }
}
