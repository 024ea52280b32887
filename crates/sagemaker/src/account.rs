//! The AWS account of the operator: its SDK configuration, and whether there are credentials for it.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_sdk_sagemaker::config::ProvideCredentials as _;
use aws_sdk_sagemaker::error::DisplayErrorContext;

use platform::clock;

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

    /// Checks that there are credentials that have not expired. Only a call shows whether AWS accepts them.
    ///
    /// # Errors
    /// The reason, as a sentence for people.
    pub async fn credentials(&self) -> Result<(), String> {
        let provider = self.0.credentials_provider().ok_or("no provider is configured")?;
        let found = provider.provide_credentials().await.map_err(|error| {
            let error = DisplayErrorContext(&error).to_string();
            format!("none found ({})", error.split(" (").next().unwrap_or_default())
        })?;
        match found.expiry() {
            Some(expiry) if expiry <= SystemTime::from(clock::now()) => Err("the credentials have expired".to_owned()),
            _ => Ok(()),
        }
    }
}

impl From<SdkConfig> for Account {
    fn from(config: SdkConfig) -> Self {
        Self(config)
    }
}
