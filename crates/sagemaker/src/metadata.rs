//! JumpStart's metadata files in S3, which the vendor's SDK reads.

use tracing::Instrument as _;

use super::sagemaker::{Region, classify};
use super::{Class, TuningError};

/// Prefix of the names of JumpStart's buckets, one in each region.
pub const JUMPSTART_BUCKET_PREFIX: &str = "jumpstart-cache-prod-";

const GET: &str = "s3:GetObject";

impl Region {
    /// The bucket of JumpStart's metadata, scripts and models.
    pub fn jumpstart_bucket(&self) -> String {
        format!("{JUMPSTART_BUCKET_PREFIX}{}", self.name())
    }

    /// A file of JumpStart's metadata.
    pub async fn jumpstart_file(&self, key: &str) -> Result<Vec<u8>, TuningError> {
        let bucket = self.jumpstart_bucket();
        let span = tracing::info_span!("s3", otel.name = "GetObject", otel.kind = "client", operation = GET, key);
        let get = self.s3.get_object().bucket(&bucket).key(key);
        let sent = Box::pin(get.send()).instrument(span).await;
        let output = sent.map_err(|error| {
            let error = classify(GET, &error);
            TuningError { message: format!("s3://{bucket}/{key}: {}", error.message), ..error }
        })?;
        let body = output.body.collect().await.map_err(|error| TuningError {
            class: Class::Transient,
            operation: GET,
            code: None,
            message: format!("s3://{bucket}/{key}: {error}"),
        })?;
        Ok(body.to_vec())
    }
}
