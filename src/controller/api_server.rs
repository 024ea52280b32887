//! Calls to the API server, with a timeout and readable errors.

use std::time::Duration;

use platform::api_server::message;

/// Timeout of a call: a slow API server must not block a reconcile for long.
const TIMEOUT: Duration = Duration::from_secs(15);

/// A call to the API server that failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiServerError {
    // Not a `source`: its text is already part of the message, with every field of the API server's response.
    #[error("the API server: {}", message(.0))]
    Refused(kube::Error),
    #[error("the API server did not answer in {} s", TIMEOUT.as_secs())]
    Silent,
}

/// The response to `call`, or an error if there is none within [`TIMEOUT`].
pub(super) async fn answered<T>(call: impl Future<Output = kube::Result<T>>) -> Result<T, ApiServerError> {
    let answer = tokio::time::timeout(TIMEOUT, call).await;
    answer.map_err(|_| ApiServerError::Silent)?.map_err(ApiServerError::Refused)
}
