//! The arguments of `doctor`.

use super::aws::AwsArgs;
use super::format::DocumentFormat;

/// What is checked.
#[derive(clap::Args, Debug, Clone)]
pub struct DoctorArgs {
    /// The selections of all namespaces
    #[arg(long, short = 'A')]
    pub all_namespaces: bool,
    /// Namespace of the operator; used if you may not list Deployments in all namespaces
    #[arg(long, value_name = "NAMESPACE", default_value = "modelselection-system")]
    pub operator_namespace: String,
    /// Make no calls to AWS
    #[arg(long)]
    pub offline: bool,
    /// Format
    #[arg(long, short, value_name = "FORMAT")]
    pub output: Option<DocumentFormat>,
    /// How to reach AWS
    #[command(flatten)]
    pub aws: AwsArgs,
}
