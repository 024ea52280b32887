//! Error messages of the API server.

/// The API server's message, without the debug dump of the whole response.
pub fn message(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => format!("{} ({})", status.message, status.code),
        other => other.to_string(),
    }
}
