//! The owner of the credentials.

use crate::account::Account;
use crate::error::{AwsError, of};

/// The owner of the credentials, according to STS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account id.
    pub account: String,
    /// The ARN of the user or of the assumed role.
    pub arn: String,
}

impl Account {
    /// The owner of the credentials. The call needs no permission.
    ///
    /// # Errors
    /// If there are no credentials, AWS rejects them, or AWS cannot be reached.
    pub async fn identity(&self) -> Result<Identity, AwsError> {
        let asked = aws_sdk_sts::Client::new(&self.config).get_caller_identity().send().await;
        let answer = asked.map_err(|error| of("sts:GetCallerIdentity", &error))?;
        Ok(Identity { account: answer.account.unwrap_or_default(), arn: answer.arn.unwrap_or_default() })
    }
}
