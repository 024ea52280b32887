//! Who the credentials belong to.

use crate::account::Account;
use crate::error::{AwsError, of};

/// Who the credentials belong to, by STS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account id.
    pub account: String,
    /// The ARN of the user or of the assumed role.
    pub arn: String,
}

impl Account {
    /// Whose credentials these are. AWS needs no permission for it.
    ///
    /// # Errors
    /// When there are no credentials, AWS refuses them, or cannot be reached.
    pub async fn identity(&self) -> Result<Identity, AwsError> {
        let asked = aws_sdk_sts::Client::new(&self.config).get_caller_identity().send().await;
        let answer = asked.map_err(|error| of("sts:GetCallerIdentity", &error))?;
        Ok(Identity { account: answer.account.unwrap_or_default(), arn: answer.arn.unwrap_or_default() })
    }
}
