//! The AWS account of the operator: its SDK configuration, and whether there are credentials for it.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sagemaker::config::ProvideCredentials as _;
use aws_sdk_sagemaker::error::DisplayErrorContext;
use jiff::Timestamp;

use platform::clock;

/// How long to wait for credentials: the metadata service or STS may hang.
const LONGEST_LOOK: Duration = Duration::from_secs(10);

/// One account, with the credentials of the standard chain (environment, IRSA, Pod Identity, profile).
#[derive(Clone, Debug)]
pub struct Account(pub(super) SdkConfig);

impl Account {
    /// Reads the standard configuration. `region` replaces the default region of the environment.
    pub async fn load(region: Option<&str>) -> Self {
        let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
        if let Some(region) = region {
            loader = loader.region(aws_config::Region::new(region.to_owned()));
        }
        Self(loader.load().await)
    }

    /// The configuration for clients of other AWS services.
    pub fn config(&self) -> &SdkConfig {
        &self.0
    }

    /// Looks for credentials that have not expired, and returns when they will; `None` if never. Only a call shows
    /// whether AWS accepts them. The chain does not cache: this may be a call to STS, or start a process.
    ///
    /// # Errors
    /// The reason, as a sentence for people.
    pub async fn credentials(&self) -> Result<Option<Timestamp>, String> {
        let provider = self.0.credentials_provider().ok_or("no provider is configured")?;
        let found = tokio::time::timeout(LONGEST_LOOK, provider.provide_credentials()).await;
        let found = found.map_err(|_| format!("no answer within {} s", LONGEST_LOOK.as_secs()))?;
        let found = found.map_err(|error| {
            let error = DisplayErrorContext(&error).to_string();
            format!("none found ({})", error.split(" (").next().unwrap_or_default())
        })?;
        let expiry = found.expiry().and_then(|expiry| Timestamp::try_from(expiry).ok());
        match expiry {
            Some(expiry) if expiry <= clock::now() => Err("the credentials have expired".to_owned()),
            _ => Ok(expiry),
        }
    }
}

impl From<SdkConfig> for Account {
    fn from(config: SdkConfig) -> Self {
        Self(config)
    }
}
