//! The arguments of `plan`.

use std::path::PathBuf;

use super::format::DocumentFormat;

/// What is planned, and what is shown of it.
#[derive(clap::Args, Debug, Clone)]
pub struct PlanArgs {
    /// File of YAML or JSON, `-` for standard input
    #[arg(long = "filename", short, value_name = "FILE")]
    pub file: PathBuf,
    /// Make no calls to the cluster or AWS: everything is new, and models are those in --models
    #[arg(long)]
    pub offline: bool,
    /// The region of the operator, for a manifest without one
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Format
    #[arg(long, short, value_name = "FORMAT")]
    pub output: Option<DocumentFormat>,
    /// Print the requests that the operator will send to SageMaker instead; models are read from SageMaker's hub
    #[arg(long)]
    pub show_requests: bool,
    /// Flags of --show-requests.
    #[command(flatten)]
    pub requests: RequestArgs,
}

/// Flags of `--show-requests`.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Requests")]
pub struct RequestArgs {
    /// The operator's --cluster-name, a part of the names of jobs; default: the uid of the namespace kube-system
    #[arg(long, value_name = "NAME", requires = "show_requests")]
    pub cluster_name: Option<String>,
    /// Endpoint of SageMaker, such as that of an emulator; default: that of the AWS environment
    #[arg(long, value_name = "URL", requires = "show_requests")]
    pub sagemaker_endpoint: Option<String>,
    /// Folder that keeps the descriptions of models; default: kubectl-modelselection/models in the user's cache
    #[arg(long, value_name = "FOLDER", requires = "show_requests")]
    pub models: Option<PathBuf>,
}
