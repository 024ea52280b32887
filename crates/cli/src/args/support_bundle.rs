//! The arguments of `support-bundle`.

use std::path::PathBuf;

use super::aws::AwsArgs;

/// What goes into the bundle, and where to.
#[derive(clap::Args, Debug, Clone)]
pub struct SupportBundleArgs {
    /// File to write; default: modelselection-support-TIME.tar.gz in this folder
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The selections of all namespaces
    #[arg(long, short = 'A')]
    pub all_namespaces: bool,
    /// Namespace of the operator; used if you may not list Deployments in all namespaces
    #[arg(long, value_name = "NAMESPACE", default_value = "modelselection-system")]
    pub operator_namespace: String,
    /// Replace the ids of AWS accounts by account-1, account-2 and so on
    #[arg(long)]
    pub redact_account_ids: bool,
    /// Make no calls to AWS
    #[arg(long)]
    pub offline: bool,
    /// How to reach AWS
    #[command(flatten)]
    pub aws: AwsArgs,
}
