//! Calls to the API server: bounded in time, with errors that a person can read.

use std::time::Duration;

use platform::api_server::message;

/// The longest wait for an answer: a call must not hold a reconcile for long.
const TIMEOUT: Duration = Duration::from_secs(15);

/// A call to the API server that failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiServerError {
    // Not a source: the error's own text is the whole answer, with every field of it.
    #[error("the API server: {}", message(.0))]
    Refused(kube::Error),
    #[error("the API server did not answer in {} s", TIMEOUT.as_secs())]
    Silent,
}

/// The answer of the API server, if it comes in time.
pub(super) async fn answered<T>(call: impl Future<Output = kube::Result<T>>) -> Result<T, ApiServerError> {
    let answer = tokio::time::timeout(TIMEOUT, call).await;
    answer.map_err(|_| ApiServerError::Silent)?.map_err(ApiServerError::Refused)
}
