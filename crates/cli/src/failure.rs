//! Why a verb cannot do its work, in words.

use std::process::ExitCode;

/// Why a verb cannot do its work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// In words for the person.
    #[error("{0}")]
    Message(String),
    /// The API server has refused something.
    #[error("{}", refused(.0))]
    Kubernetes(#[from] kube::Error),
    /// AWS has refused something, or cannot be reached.
    #[error("{0}")]
    Aws(#[from] aws::AwsError),
    /// A file or the output.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// What a verb ends with.
pub(crate) type Outcome = Result<ExitCode, Failure>;

fn refused(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) if status.code == 404 && status.message.contains("could not find") => {
            "the cluster has no ModelSelections: install the CRD (kubectl apply -f crds/modelselections.yaml)"
                .to_owned()
        }
        kube::Error::Api(status) => status.message.clone(),
        other => format!("no answer of the API server: {other}"),
    }
}
