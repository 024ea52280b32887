//! Manifests and code that deploy the winner of a selection: pure functions of the object. Nothing here calls AWS or
//! names an existing endpoint.
//!
//! [`choose`] finds the training job, [`Winner::new`] collects everything to deploy it, [`files`] writes the output.

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

/// The output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `Model` and `EndpointConfig` of AWS Controllers for Kubernetes, with a kustomization.
    Kustomize,
    /// The same two objects without it.
    Ack,
    /// Resources of Terraform's provider for AWS.
    Terraform,
    /// Python that calls the SageMaker SDK.
    Sdk,
}

/// The files that deploy the winner.
///
/// # Errors
/// If the serving container is unknown and the format needs it.
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
