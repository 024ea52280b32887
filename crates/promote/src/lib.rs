//! What deploys the winner of a selection, as text: pure functions of the object. Nothing here asks AWS, and nothing names an
//! endpoint that exists.
//!
//! [`choose`] finds the training job, [`Winner::new`] all that deploying it needs, [`files`] writes it down.

mod ack;
mod choice;
mod container;
mod file;
mod header;
mod kustomize;
mod refusal;
mod sdk;
mod terraform;
mod winner;

pub use choice::{Choice, Job, Wish, choose};
pub use container::{Container, ModelData};
pub use file::File;
pub use refusal::Refusal;
pub use winner::Winner;

/// For what it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `Model` and `EndpointConfig` of AWS Controllers for Kubernetes, with a kustomization.
    Kustomize,
    /// The same two without it.
    Ack,
    /// Resources of Terraform's provider for AWS.
    Terraform,
    /// Python that calls the SageMaker SDK.
    Sdk,
}

/// The files that deploy the winner.
///
/// # Errors
/// When it is not known what serves the model, and the format cannot do without.
pub fn files(winner: &Winner, format: Format) -> Result<Vec<File>, Refusal> {
    match format {
        Format::Kustomize => kustomize::files(winner),
        Format::Ack => Ok(vec![File { name: "winner.yaml", text: ack::stream(winner)? }]),
        Format::Terraform => Ok(vec![File { name: "winner.tf", text: terraform::text(winner)? }]),
        Format::Sdk => Ok(vec![File { name: "deploy.py", text: sdk::text(winner) }]),
    }
}

#[cfg(test)]
mod tests {
    mod formats;
    pub(crate) mod sample;
}
