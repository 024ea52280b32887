//! What may be said on the command line.

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
    /// Where and as whom.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// How it is shown.
    #[command(flatten)]
    pub look: LookArgs,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The flags of kubectl that say where and as whom.
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

/// The flags that say how it is shown.
#[derive(clap::Args, Debug, Clone, Default)]
#[command(next_help_heading = "Look")]
pub struct LookArgs {
    /// Whether to colour; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: When,
    /// ASCII only; default: when the locale is not UTF-8
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Columns; default: those of the terminal, 80 in a pipe
    #[arg(long, global = true, value_name = "COLUMNS")]
    pub width: Option<u16>,
}

/// When to colour.
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
    /// Show the runs, what waits and why, and how long the rest takes
    Status {
        /// Name, or the beginning of it; may be left out when the namespace has one
        name: Option<String>,
        /// Show it again whenever it changes, until it is complete
        #[arg(long, short)]
        watch: bool,
        /// All runs
        #[arg(long)]
        all: bool,
        /// Format
        #[arg(long, short, value_name = "FORMAT")]
        output: Option<Format>,
    },
    /// Show the Pareto front, the recommendation with its alternatives, and what is excluded
    Pareto {
        /// Name, or the beginning of it; may be left out when the namespace has one
        name: Option<String>,
        /// One dataset only
        #[arg(long)]
        dataset: Option<String>,
        /// What is dominated, too
        #[arg(long)]
        all: bool,
        /// Format
        #[arg(long, short, value_name = "FORMAT")]
        output: Option<Format>,
    },
    /// Draw the front, in the terminal or into a file
    Plot {
        /// Name, or the beginning of it; may be left out when the namespace has one
        name: Option<String>,
        /// Dataset; default: the first
        #[arg(long)]
        dataset: Option<String>,
        /// Metric to the right; default: the second objective
        #[arg(long, value_name = "METRIC")]
        x: Option<String>,
        /// Metric upwards; default: the first objective
        #[arg(long, value_name = "METRIC")]
        y: Option<String>,
        /// Logarithmic axes; default: where the values differ by more than 50 times
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
    /// Exit codes: 0 it has come; 1 every run has ended without it, or an error; 2 it needs a person (Stalled); 3 timeout.
    Wait {
        /// Name, or the beginning of it; may be left out when the namespace has one
        name: Option<String>,
        /// What to wait for
        #[arg(long = "for", value_name = "GOAL", default_value = "complete")]
        goal: WaitGoal,
        /// How long at most, such as 30m or 12h; default: without end
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        timeout: Option<Duration>,
    },
    /// Start nothing new; what runs is left to end, or stopped with --stop
    Suspend {
        /// Which
        #[command(flatten)]
        target: Target,
        /// Stop what runs, too
        #[arg(long)]
        stop: bool,
    },
    /// Go on after suspend or stop
    Resume {
        /// Which
        #[command(flatten)]
        target: Target,
    },
    /// Run everything again, under new tuning jobs
    Rerun {
        /// Which
        #[command(flatten)]
        target: Target,
        /// The new value of spec.rerun; default: the time
        #[arg(long)]
        token: Option<String>,
    },
    /// Start nothing new and stop what runs: suspend --stop
    Stop {
        /// Which
        #[command(flatten)]
        target: Target,
    },
    /// Write all training jobs that are known: of each run the best, with spec.collect: All every one
    Export {
        /// Name, or the beginning of it; may be left out when the namespace has one
        name: Option<String>,
        /// Format
        #[arg(long, short, value_name = "FORMAT", default_value = "csv")]
        output: ExportFormat,
    },
    /// Write what deploys the winner: its model and the configuration of an endpoint
    ///
    /// Nothing is deployed, and no endpoint is changed. What is created is named after the training job, so that another
    /// winner is another model.
    Promote {
        /// Name, or the beginning of it; may be left out when the namespace has one
        name: Option<String>,
        /// Candidate; default: the recommended one
        #[arg(long)]
        candidate: Option<String>,
        /// Dataset; may be left out when there is one
        #[arg(long)]
        dataset: Option<String>,
        /// Image that serves the model; default: as the status says
        #[arg(long)]
        image: Option<String>,
        /// Instance type that it is served on; default: that of the model's description, else what it was trained on
        #[arg(long, value_name = "TYPE")]
        instance_type: Option<String>,
        /// Format
        #[arg(long, short, value_name = "FORMAT")]
        output: PromoteFormat,
        /// Directory to write the files into; default: standard output
        #[arg(long, value_name = "DIRECTORY")]
        directory: Option<PathBuf>,
    },
    /// Say what applying a manifest does: runs to create, to run again, to keep, to stop; hours and money
    ///
    /// Exit codes, as of `terraform plan -detailed-exitcode`: 0 nothing changes; 1 an error; 2 something changes.
    Plan(PlanArgs),
    /// Say which fields of the spec an edit changes, and what that runs again; exit codes as of plan
    Diff {
        /// File of YAML or JSON, `-` for standard input
        #[arg(long = "filename", short, value_name = "FILE")]
        file: PathBuf,
    },
    /// Say whether the API server would take manifests, and what it would say if not, without asking it
    ///
    /// Exit codes: 0 all would be taken; 1 some would not, or cannot be read.
    Lint {
        /// Files of YAML or JSON, `-` for standard input; may be repeated
        #[arg(long = "filename", short, value_name = "FILE", required = true)]
        file: Vec<PathBuf>,
    },
    /// Write a manifest that lints: from flags, from answers on a terminal, or from a notebook
    New(NewArgs),
    /// Show the logs of a run's training job, from CloudWatch Logs
    Logs(LogsArgs),
    /// Check the installation: CRD, operator, permissions, AWS identity, quotas, prices
    ///
    /// A check that cannot be made says why and is no failure. Exit codes: 0 no check failed; 1 one did.
    Doctor(DoctorArgs),
    /// Write what a bug report needs to a file, without secrets
    SupportBundle(SupportBundleArgs),
    /// Write the completion of a shell
    Completion {
        /// Shell
        shell: clap_complete::Shell,
    },
    /// Say which version this is, and which the operator is
    Version {
        /// Do not ask the cluster
        #[arg(long)]
        client: bool,
    },
    /// What kubectl asks for when it completes: the protocol of Cobra
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
    /// Name, or the beginning of it; may be left out when the namespace has one
    pub name: Option<String>,
    /// Say what would be done, have the server check it, and do nothing
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
    /// What may run at a time runs
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
