//! awsJson1.1: the operation and the signer of a request.

use crate::error::ApiError;

/// The signer of a request, according to the `Authorization` header. Any signature is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The region of the credential scope: determines whose state the request sees.
    pub region: String,
}

impl Signer {
    /// Parses `AWS4-HMAC-SHA256 Credential=AKID/20261124/us-west-2/sagemaker/aws4_request, SignedHeaders=...,
    /// Signature=...`.
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
    fn targets() {
        assert_eq!(operation(Some("SageMaker.ListTags")), Ok("ListTags"));
        assert!(operation(Some("DynamoDB_20120810.ListTables")).is_err());
        assert!(operation(None).is_err());
    }
}
