//! What may go wrong with a pass, other than what a user can mend.

use std::time::Duration;

use platform::api_server::told;

/// The longest wait for an answer of the API server: a call must not hold a pass for long.
pub(super) const API_SERVER_TIMEOUT: Duration = Duration::from_secs(15);
/// The longest time of a pass. Its calls have limits of their own; this is for what was not thought of.
pub(super) const PASS_DEADLINE: Duration = Duration::from_secs(300);

/// An infrastructure fault. What a user can do wrong is a condition, not an error.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the API server: {}", told(.0))]
    Kubernetes(#[from] kube::Error),
    #[error("the API server did not answer in {} s", API_SERVER_TIMEOUT.as_secs())]
    ApiServerSilent,
    #[error("running tuning jobs could not be stopped: {0}")]
    Cleanup(String),
    #[error("the finalizer could not be set or removed: {0}")]
    Finalizer(String),
    #[error("a pass took longer than {} s", PASS_DEADLINE.as_secs())]
    Deadline,
}

/// The answer of the API server, if it comes in time.
pub(super) async fn answered<T>(call: impl Future<Output = kube::Result<T>>) -> Result<T, Error> {
    Ok(tokio::time::timeout(API_SERVER_TIMEOUT, call).await.map_err(|_| Error::ApiServerSilent)??)
}
