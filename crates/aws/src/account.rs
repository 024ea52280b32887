//! The account, with the same configuration as the AWS CLI.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};

/// Longest time to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The timeout of an attempt; the SDK makes up to three.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// How to reach AWS; missing values come from the environment and the files of the AWS CLI.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The region.
    pub region: Option<String>,
    /// One endpoint for all services, instead of the region's endpoints. `AWS_ENDPOINT_URL` has the same effect.
    pub endpoint: Option<String>,
    /// The profile of the shared configuration.
    pub profile: Option<String>,
}

/// An account in a region.
#[derive(Clone, Debug)]
pub struct Account {
    pub(crate) config: SdkConfig,
}

impl Account {
    /// Reads the configuration. Makes no call, but may run the credential process of the profile.
    pub async fn load(access: Access) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts);
        if let Some(region) = access.region {
            loader = loader.region(Region::new(region));
        }
        if let Some(endpoint) = access.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(profile) = access.profile {
            loader = loader.profile_name(profile);
        }
        Self { config: loader.load().await }
    }

    /// The region, if it is known. An empty variable counts as not set.
    pub fn region(&self) -> Option<&str> {
        self.config.region().map(Region::as_ref).filter(|region| !region.is_empty())
    }
}
