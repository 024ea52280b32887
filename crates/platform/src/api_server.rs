//! What the API server says.

/// Its own words, without the dump of the whole answer.
pub fn message(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => format!("{} ({})", status.message, status.code),
        other => other.to_string(),
    }
}
