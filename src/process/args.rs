//! Flags and environment. Everything has a default: the operator runs with no flag at all.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{ArgAction, Parser, ValueEnum};

use catalog::SourceKind;

/// Chooses machine-learning models on Kubernetes: tunes the candidates of each `ModelSelection` on SageMaker and writes
/// their metrics and the Pareto set into its status.
///
/// KUBECONFIG, or else the service account of the Pod, leads to Kubernetes; the usual AWS environment (`AWS_REGION`,
/// `AWS_PROFILE`, `AWS_ENDPOINT_URL_SAGEMAKER`, IRSA, Pod Identity, ...) leads to SageMaker.
#[derive(Parser, Clone, Debug)]
#[command(version, max_term_width = 100)]
pub struct Args {
    /// Region for selections that name none. Default: that of the AWS environment.
    #[arg(long, env = "MODELSELECTION_REGION")]
    pub region: Option<String>,

    /// Endpoint of SageMaker. Default: that of the AWS environment, else the region's own.
    #[arg(long, env = "MODELSELECTION_SAGEMAKER_ENDPOINT")]
    pub sagemaker_endpoint: Option<String>,

    /// Where JumpStart models are described: the API of SageMaker's public hub, or the files in the S3 bucket that the
    /// vendor's Python SDK reads (`jumpstart-cache-prod-REGION`).
    #[arg(long, env = "MODELSELECTION_CATALOG_SOURCE", value_enum, default_value_t = CatalogSource::Hub)]
    pub catalog_source: CatalogSource,

    /// Name of the cluster, part of the identity of every tuning job. Give one if the cluster may be rebuilt from Git and
    /// is then to find its jobs again. Default: the uid of the namespace kube-system. Changing it runs everything anew.
    #[arg(long, env = "MODELSELECTION_CLUSTER_NAME")]
    pub cluster_name: Option<String>,

    /// Namespaces to watch, comma separated. Default: all.
    #[arg(long, env = "MODELSELECTION_NAMESPACES", value_delimiter = ',')]
    pub namespaces: Vec<String>,

    /// Tuning jobs that may run at a time over all selections of a region. SageMaker allows 100 in an account.
    #[arg(long, env = "MODELSELECTION_MAX_TUNING_JOBS", default_value_t = 100)]
    pub max_tuning_jobs: usize,

    /// Selections that are reconciled at a time.
    #[arg(long, env = "MODELSELECTION_CONCURRENCY", default_value_t = 32)]
    pub concurrency: u16,

    /// Shortest pause between two listings of the running jobs, in seconds. Used when runs take seconds.
    #[arg(long, env = "MODELSELECTION_MIN_SWEEP_SECONDS", default_value = "2", value_parser = seconds)]
    pub min_sweep_seconds: Duration,

    /// Longest pause between two listings of the running jobs, in seconds: how late a change is seen at most.
    #[arg(long, env = "MODELSELECTION_MAX_SWEEP_SECONDS", default_value = "30", value_parser = seconds)]
    pub max_sweep_seconds: Duration,

    /// How long the deletion of a selection waits for AWS before it leaves the running jobs alone, in seconds.
    #[arg(long, env = "MODELSELECTION_DELETION_DEADLINE_SECONDS", default_value = "1800", value_parser = seconds)]
    pub deletion_deadline_seconds: Duration,

    /// How long answers of SageMaker may contradict each other after a change, in seconds. Before it has passed, a job that is
    /// not found is not taken for deleted, a job without tags not for somebody else's, and a role that cannot be assumed
    /// needs no person yet (at most two minutes).
    #[arg(long, env = "MODELSELECTION_CONSISTENCY_WINDOW_SECONDS", default_value = "300", value_parser = seconds)]
    pub consistency_window_seconds: Duration,

    /// Lead only as holder of a Lease, so that of several replicas one works and the others stand by.
    #[arg(
        long, env = "MODELSELECTION_LEADER_ELECT", value_name = "BOOL", default_value_t = true, action = ArgAction::Set,
        num_args = 0..=1, default_missing_value = "true"
    )]
    pub leader_elect: bool,

    /// Name of the Lease. Operators that look after the same selections must share it.
    #[arg(long, env = "MODELSELECTION_LEADER_ELECTION_ID", default_value = "modelselection-operator")]
    pub leader_election_id: String,

    /// Namespace of the Lease. Default: that of the Pod (`POD_NAMESPACE`, or its service account's), else that of
    /// KUBECONFIG.
    #[arg(long, env = "MODELSELECTION_LEADER_ELECTION_NAMESPACE")]
    pub leader_election_namespace: Option<String>,

    /// Address of /livez, /readyz and /metrics. Default: [::]:8080, which is IPv4 too, or any free port if that is taken.
    #[arg(long, env = "MODELSELECTION_HTTP_LISTEN")]
    pub http_listen: Option<SocketAddr>,

    /// Format of the logs, on stderr. The variable `RUST_LOG` sets what is logged.
    #[arg(long, env = "MODELSELECTION_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// Collector of traces, by OTLP over HTTP, such as `http://collector:4318`: `/v1/traces` comes after it. Default: none
    /// are sent.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<String>,

    /// Only look: say what is missing, as /readyz does, and whether SageMaker answers; then end, with status 0 or 1. Waits at
    /// most so many seconds until all is in order.
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
    /// One JSON object a line.
    Json,
}

/// Where JumpStart models are described.
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
