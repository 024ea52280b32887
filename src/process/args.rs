//! Flags and environment variables. Everything has a default: the operator needs no flags.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{ArgAction, Parser, ValueEnum};

use catalog::SourceKind;

/// Selects machine-learning models on Kubernetes: tunes the candidates of each `ModelSelection` on SageMaker, and writes
/// their metrics and the Pareto front to its status.
///
/// The operator finds Kubernetes through KUBECONFIG or the Pod's service account, and SageMaker through the usual AWS
/// environment (`AWS_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL_SAGEMAKER`, IRSA, Pod Identity, ...).
#[derive(Parser, Clone, Debug)]
#[command(version, max_term_width = 100)]
pub struct Args {
    /// Region of selections without `region`. Default: the region of the AWS environment.
    #[arg(long, env = "MODELSELECTION_REGION")]
    pub region: Option<String>,

    /// SageMaker endpoint. Default: that of the AWS environment, otherwise the region's.
    #[arg(long, env = "MODELSELECTION_SAGEMAKER_ENDPOINT")]
    pub sagemaker_endpoint: Option<String>,

    /// Source of JumpStart model descriptions: the API of SageMaker's public hub, or the files in the S3 bucket that the
    /// vendor's Python SDK reads (`jumpstart-cache-prod-REGION`).
    #[arg(long, env = "MODELSELECTION_CATALOG_SOURCE", value_enum, default_value_t = CatalogSource::Hub)]
    pub catalog_source: CatalogSource,

    /// Name of the cluster, part of the identity of each tuning job. Set it if you may rebuild the cluster from Git, so that
    /// the new cluster re-attaches to the jobs. Default: the uid of the namespace kube-system. Changing it reruns everything.
    #[arg(long, env = "MODELSELECTION_CLUSTER_NAME")]
    pub cluster_name: Option<String>,

    /// Namespaces to watch, separated by commas. Default: all.
    #[arg(long, env = "MODELSELECTION_NAMESPACES", value_delimiter = ',')]
    pub namespaces: Vec<String>,

    /// Concurrency limit of tuning jobs per region, over all selections. SageMaker allows 100 per account and region.
    #[arg(long, env = "MODELSELECTION_MAX_TUNING_JOBS", default_value_t = 100)]
    pub max_tuning_jobs: usize,

    /// Number of selections to reconcile concurrently.
    #[arg(long, env = "MODELSELECTION_CONCURRENCY", default_value_t = 32)]
    pub concurrency: u16,

    /// Shortest polling interval of the running jobs, in seconds. Used when runs take seconds.
    #[arg(long, env = "MODELSELECTION_MIN_SWEEP_SECONDS", default_value = "2", value_parser = seconds)]
    pub min_sweep_seconds: Duration,

    /// Longest polling interval of the running jobs, in seconds: the maximum delay until a change is seen. Around the expected
    /// end of jobs the interval is shorter. A smaller value costs more calls and shows results earlier.
    #[arg(long, env = "MODELSELECTION_MAX_SWEEP_SECONDS", default_value = "600", value_parser = seconds)]
    pub max_sweep_seconds: Duration,

    /// How long the deletion of a selection waits for AWS to stop its jobs, in seconds. After that, jobs may keep running.
    #[arg(long, env = "MODELSELECTION_DELETION_DEADLINE_SECONDS", default_value = "1800", value_parser = seconds)]
    pub deletion_deadline_seconds: Duration,

    /// How long SageMaker's responses may contradict each other after a change, in seconds. Before it has passed, a job that is
    /// not found does not count as deleted, and a job without tags not as somebody else's. A role that cannot be assumed
    /// needs user action only after this time, or after two minutes.
    #[arg(long, env = "MODELSELECTION_CONSISTENCY_WINDOW_SECONDS", default_value = "300", value_parser = seconds)]
    pub consistency_window_seconds: Duration,

    /// Use leader election with a Lease: of several replicas one works, the others are standbys.
    #[arg(
        long, env = "MODELSELECTION_LEADER_ELECT", value_name = "BOOL", default_value_t = true, action = ArgAction::Set,
        num_args = 0..=1, default_missing_value = "true"
    )]
    pub leader_elect: bool,

    /// Name of the Lease. Operators of the same selections must use the same Lease.
    #[arg(long, env = "MODELSELECTION_LEADER_ELECTION_ID", default_value = "modelselection-operator")]
    pub leader_election_id: String,

    /// Namespace of the Lease. Default: the Pod's (`POD_NAMESPACE`, or that of its service account), otherwise that of
    /// KUBECONFIG.
    #[arg(long, env = "MODELSELECTION_LEADER_ELECTION_NAMESPACE")]
    pub leader_election_namespace: Option<String>,

    /// Address of /livez, /readyz and /metrics. Default: [::]:8080 (IPv6 and IPv4), or a free port if 8080 is taken.
    #[arg(long, env = "MODELSELECTION_HTTP_LISTEN")]
    pub http_listen: Option<SocketAddr>,

    /// Log format, on stderr. The variable `RUST_LOG` sets the log level.
    #[arg(long, env = "MODELSELECTION_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// Trace collector for OTLP over HTTP, such as `http://collector:4318`; `/v1/traces` is appended. Default: no traces are
    /// sent.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<String>,

    /// Lets the operator live so many times faster than real time, for benches with an emulated SageMaker that does, too.
    #[arg(long, env = "MODELSELECTION_TIME_SCALE", default_value = "1", value_parser = time_scale, hide = true)]
    pub time_scale: f64,

    /// Check the installation and exit: 0 if ready, 1 if not. Waits up to SECONDS until it is ready (60 without a value).
    /// Makes one read-only SageMaker call.
    #[arg(
        long, env = "MODELSELECTION_CHECK", value_name = "SECONDS", value_parser = seconds, num_args = 0..=1,
        default_missing_value = "60"
    )]
    pub check: Option<Duration>,
}

/// The format of the logs.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// The source of JumpStart model descriptions.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatalogSource {
    /// SageMaker's public hub.
    Hub,
    /// The files in S3.
    S3,
}

impl From<CatalogSource> for SourceKind {
    fn from(source: CatalogSource) -> Self {
        match source {
            CatalogSource::Hub => Self::Hub,
            CatalogSource::S3 => Self::S3,
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "must be a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

fn time_scale(text: &str) -> Result<f64, String> {
    let scale = text.parse().ok().filter(|scale: &f64| (1.0..=100_000.0).contains(scale));
    scale.ok_or_else(|| "must be a number from 1 to 100000".to_owned())
}
