//! The command-line arguments.

// The text is for --help, which knows no Markdown.
#![allow(clippy::doc_markdown)]

mod aws;
mod doctor;
mod duration;
mod format;
mod logs;
mod new;
mod plan;
mod support_bundle;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

pub use aws::AwsArgs;
pub use doctor::DoctorArgs;
use duration::duration;
pub use format::DocumentFormat;
pub use logs::LogsArgs;
pub use new::NewArgs;
pub use plan::{PlanArgs, RequestArgs};
pub use support_bundle::SupportBundleArgs;

/// See what a ModelSelection has found, share it, and act on it.
///
/// Exit codes: 0 done; 1 an error; 2 wrong usage. `wait` and `plan` have their own, see their help.
#[derive(Parser, Debug)]
#[command(name = "kubectl-modelselection", bin_name = "kubectl modelselection", version, max_term_width = 100)]
pub struct Args {
    /// The cluster and the user.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The format of the output.
    #[command(flatten)]
    pub look: LookArgs,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The flags of kubectl for the cluster and the user.
#[derive(clap::Args, Debug, Clone, Default)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterArgs {
    /// Namespace; default: that of the context
    #[arg(long, short, global = true, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Context of the kubeconfig; default: the current one
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Cluster of the kubeconfig
    #[arg(long, global = true, value_name = "NAME")]
    pub cluster: Option<String>,
    /// User of the kubeconfig
    #[arg(long, global = true, value_name = "NAME")]
    pub user: Option<String>,
    /// Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// User to impersonate
    #[arg(long = "as", global = true, value_name = "USER")]
    pub impersonate: Option<String>,
    /// Group to impersonate; may be repeated
    #[arg(long = "as-group", global = true, value_name = "GROUP")]
    pub impersonate_groups: Vec<String>,
    /// Longest time for one request, such as 10s; default: none
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub request_timeout: Option<Duration>,
}

/// The flags for the format of the output.
#[derive(clap::Args, Debug, Clone, Default)]
#[command(next_help_heading = "Look")]
pub struct LookArgs {
    /// When to use color; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: When,
    /// Use ASCII characters only; default: if the locale is not UTF-8
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Width in columns; default: that of the terminal, or 80 in a pipe
    #[arg(long, global = true, value_name = "COLUMNS")]
    pub width: Option<u16>,
}

/// When to use color.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// List selections
    Get {
        /// Names; default: all
        names: Vec<String>,
        /// In all namespaces
        #[arg(long, short = 'A')]
        all_namespaces: bool,
        /// Format
        #[arg(long, short, value_name = "FORMAT")]
        output: Option<Format>,
    },
    /// Show the runs, why runs wait, and the estimated remaining time
    Status {
        /// Name or unique prefix; optional if the namespace has only one
        name: Option<String>,
        /// Redraw after each change until the selection is complete
        #[arg(long, short)]
        watch: bool,
        /// Show all runs
        #[arg(long)]
        all: bool,
        /// Format
        #[arg(long, short, value_name = "FORMAT")]
        output: Option<Format>,
    },
    /// Show the Pareto front, the recommendation with its alternatives, and what is excluded
    Pareto {
        /// Name or unique prefix; optional if the namespace has only one
        name: Option<String>,
        /// One dataset only
        #[arg(long)]
        dataset: Option<String>,
        /// Include dominated runs
        #[arg(long)]
        all: bool,
        /// Format
        #[arg(long, short, value_name = "FORMAT")]
        output: Option<Format>,
    },
    /// Plot the front in the terminal or to a file
    Plot {
        /// Name or unique prefix; optional if the namespace has only one
        name: Option<String>,
        /// Dataset; default: the first
        #[arg(long)]
        dataset: Option<String>,
        /// Metric of the horizontal axis; default: the second objective
        #[arg(long, value_name = "METRIC")]
        x: Option<String>,
        /// Metric of the vertical axis; default: the first objective
        #[arg(long, value_name = "METRIC")]
        y: Option<String>,
        /// Logarithmic axes; default: by the scale of the objective; without one, if the largest value is at least 50
        /// times the smallest
        #[arg(long, value_name = "AXIS")]
        log: Vec<AxisName>,
        /// Linear axes
        #[arg(long, value_name = "AXIS", conflicts_with = "log")]
        linear: Vec<AxisName>,
        /// File to write: FILE.svg, FILE.png, or the whole report as FILE.html; default: the terminal
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Wait until a selection is complete, launched, or has a front
    ///
    /// Exit codes: 0 reached; 1 every run has ended without reaching it, or an error; 2 Stalled: user action is
    /// required; 3 timeout.
    Wait {
        /// Name or unique prefix; optional if the namespace has only one
        name: Option<String>,
        /// What to wait for
        #[arg(long = "for", value_name = "GOAL", default_value = "complete")]
        goal: WaitGoal,
        /// Timeout, such as 30m or 12h; default: none
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        timeout: Option<Duration>,
    },
    /// Start no new tuning jobs; running ones finish, or stop with --stop
    Suspend {
        /// Which
        #[command(flatten)]
        target: Target,
        /// Also stop running tuning jobs
        #[arg(long)]
        stop: bool,
    },
    /// Resume a suspended or stopped selection
    Resume {
        /// Which
        #[command(flatten)]
        target: Target,
    },
    /// Rerun all runs with new tuning jobs
    Rerun {
        /// Which
        #[command(flatten)]
        target: Target,
        /// The new value of spec.rerun; default: the time
        #[arg(long)]
        token: Option<String>,
    },
    /// Stop running tuning jobs and start no new ones; same as suspend --stop
    Stop {
        /// Which
        #[command(flatten)]
        target: Target,
    },
    /// Export all known training jobs: the best of each run, or all with spec.collect: All
    Export {
        /// Name or unique prefix; optional if the namespace has only one
        name: Option<String>,
        /// Format
        #[arg(long, short, value_name = "FORMAT", default_value = "csv")]
        output: ExportFormat,
    },
    /// Write manifests or code that deploy the winner: its model and an endpoint configuration
    ///
    /// Deploys nothing and changes no endpoint. The created objects are named after the training job, so a new winner
    /// gets a new model.
    Promote {
        /// Name or unique prefix; optional if the namespace has only one
        name: Option<String>,
        /// Candidate; default: the recommended one
        #[arg(long)]
        candidate: Option<String>,
        /// Dataset; optional if there is only one
        #[arg(long)]
        dataset: Option<String>,
        /// Image that serves the model; default: the one in the status
        #[arg(long)]
        image: Option<String>,
        /// Instance type to serve it on; default: from the model's description, otherwise the training type
        #[arg(long, value_name = "TYPE")]
        instance_type: Option<String>,
        /// Format
        #[arg(long, short, value_name = "FORMAT")]
        output: PromoteFormat,
        /// Directory to write the files into; default: standard output
        #[arg(long, value_name = "DIRECTORY")]
        directory: Option<PathBuf>,
    },
    /// Show the effect of applying a manifest: runs to create, rerun, keep and stop, with hours and cost
    ///
    /// Exit codes, as of `terraform plan -detailed-exitcode`: 0 nothing changes; 1 an error; 2 something changes.
    Plan(PlanArgs),
    /// Show the changed fields of the spec and the runs that they rerun; exit codes as for plan
    Diff {
        /// File of YAML or JSON, `-` for standard input
        #[arg(long = "filename", short, value_name = "FILE")]
        file: PathBuf,
    },
    /// Check manifests offline against the rules of the API server, and print its error messages
    ///
    /// Exit codes: 0 all manifests are valid; 1 some are invalid or cannot be read.
    Lint {
        /// Files of YAML or JSON, `-` for standard input; may be repeated
        #[arg(long = "filename", short, value_name = "FILE", required = true)]
        file: Vec<PathBuf>,
    },
    /// Write a valid manifest: from flags, from answers on a terminal, or from a notebook
    New(NewArgs),
    /// Show the logs of a run's training job, from CloudWatch Logs
    Logs(LogsArgs),
    /// Check the installation: CRD, operator, permissions, AWS identity, quotas, prices
    ///
    /// A check that cannot run is reported as skipped. Exit codes: 0 no check failed; 1 a check failed.
    Doctor(DoctorArgs),
    /// Collect the data for a bug report in one file, without secrets
    SupportBundle(SupportBundleArgs),
    /// Write a shell completion script
    Completion {
        /// Shell
        shell: clap_complete::Shell,
    },
    /// Show the versions of the plugin, of Kubernetes and of the installed API
    Version {
        /// Make no calls to the cluster
        #[arg(long)]
        client: bool,
    },
    /// Completions for kubectl, in Cobra's protocol
    #[command(name = "__complete", hide = true)]
    Complete {
        /// The words so far; the last one is to be completed
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
}

/// Which selection is changed.
#[derive(clap::Args, Debug, Clone)]
pub struct Target {
    /// Name or unique prefix; optional if the namespace has only one
    pub name: Option<String>,
    /// Print the change, let the server validate it, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Formats of `get`, `status` and `pareto`.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Format {
    Wide,
    Json,
    Yaml,
    Csv,
    Name,
}

/// Formats of `export`.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ExportFormat {
    Csv,
    Json,
    Parquet,
}

/// Formats of `promote`.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromoteFormat {
    /// A folder for kustomize, with objects of AWS Controllers for Kubernetes
    Kustomize,
    /// Model and EndpointConfig of AWS Controllers for Kubernetes
    Ack,
    /// Resources of Terraform
    Terraform,
    /// Python that calls the SageMaker SDK
    Sdk,
}

/// An axis of `plot`.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum AxisName {
    X,
    Y,
}

/// What `wait` waits for.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitGoal {
    /// Every run has ended, and each dataset has a front
    Complete,
    /// As many tuning jobs run as are allowed
    Launched,
    /// Each dataset has a front with a member
    Front,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_flags_is_sound() {
        <Args as clap::CommandFactory>::command().debug_assert();
    }
}
