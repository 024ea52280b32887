//! Why a verb failed, in words.

use std::process::ExitCode;

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A message for the user.
    #[error("{0}")]
    Message(String),
    /// The API server rejected a request.
    #[error("{}", refused(.0))]
    Kubernetes(#[from] kube::Error),
    /// AWS rejected a request, or cannot be reached.
    #[error("{0}")]
    Aws(#[from] aws::AwsError),
    /// An error of a file or the output.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// The result of a verb.
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
