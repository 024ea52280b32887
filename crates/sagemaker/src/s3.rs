//! The client for S3.

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;

use super::timeouts::{CALL_TIMEOUT, CONNECT_TIMEOUT};

/// A client for the buckets of one region.
pub(super) fn client(config: &aws_config::SdkConfig, region: &str) -> aws_sdk_s3::Client {
    let elsewhere = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].iter().any(|name| std::env::var_os(name).is_some());
    let config = aws_sdk_s3::config::Builder::from(config)
        .region(aws_sdk_s3::config::Region::new(region.to_owned()))
        .retry_config(RetryConfig::disabled())
        // Servers other than AWS have no host name for each bucket.
        .force_path_style(elsewhere)
        .timeout_config(
            TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_timeout(CALL_TIMEOUT).build(),
        );
    aws_sdk_s3::Client::from_conf(config.build())
}
