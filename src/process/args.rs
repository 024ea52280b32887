//! Flags and environment variables. Everything has a default: the operator needs no flags.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory as _, Parser, ValueEnum};

use catalog::SourceKind;
use events::QueueUrl;

/// The shortest allowed pause between two polls.
const LEAST_SWEEP: Duration = Duration::from_millis(100);
/// The longest time that an argument may name, a year: times must stay within what a calendar can express.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Selects machine-learning models on Kubernetes: tunes the candidates of each `ModelSelection` on SageMaker, and
/// writes their metrics and the Pareto front to its status.
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

    /// Source of JumpStart model descriptions: the API of SageMaker's public hub, or the files in the S3 bucket that
    /// the vendor's Python SDK reads (`jumpstart-cache-prod-REGION`).
    #[arg(long, env = "MODELSELECTION_CATALOG_SOURCE", value_enum, default_value_t = CatalogSource::Hub)]
    pub catalog_source: CatalogSource,

    /// Name of the cluster, part of the identity of each tuning job. Set it if you may rebuild the cluster from Git, so
    /// that the new cluster re-attaches to the jobs. Default: the uid of the namespace kube-system. Changing it reruns
    /// everything.
    #[arg(long, env = "MODELSELECTION_CLUSTER_NAME")]
    pub cluster_name: Option<String>,

    /// Namespaces to watch, separated by commas. Default: all.
    #[arg(long, env = "MODELSELECTION_NAMESPACES", value_delimiter = ',')]
    pub namespaces: Vec<String>,

    /// Concurrency limit of tuning jobs per region, over all selections. SageMaker allows 100 per account and region.
    #[arg(long, env = "MODELSELECTION_MAX_TUNING_JOBS", default_value_t = 100, value_parser = at_least_one::<usize>)]
    pub max_tuning_jobs: usize,

    /// Number of selections to reconcile concurrently.
    #[arg(long, env = "MODELSELECTION_CONCURRENCY", default_value_t = 32, value_parser = at_least_one::<u16>)]
    pub concurrency: u16,

    /// Shortest polling interval of the running jobs, in seconds. Used when runs take seconds.
    #[arg(long, env = "MODELSELECTION_MIN_SWEEP_SECONDS", default_value = "2", value_parser = some_seconds)]
    pub min_sweep_seconds: Duration,

    /// Longest polling interval of the running jobs, in seconds: the maximum delay until a change is seen. Around the
    /// expected end of jobs the interval is shorter. A smaller value costs more calls and shows results earlier.
    #[arg(long, env = "MODELSELECTION_MAX_SWEEP_SECONDS", default_value = "600", value_parser = some_seconds)]
    pub max_sweep_seconds: Duration,

    /// SQS queue of `EventBridge` events about tuning jobs, such as
    /// `https://sqs.us-west-2.amazonaws.com/111122223333/modelselection-events`. While events come, the end of a job is
    /// seen within seconds, and jobs are polled only once in six of the longest intervals. Default: jobs are polled.
    #[arg(long, env = "MODELSELECTION_EVENTS_QUEUE_URL", value_name = "URL")]
    pub events_queue_url: Option<String>,

    /// How long the deletion of a selection waits for AWS to stop its jobs, in seconds. After that, jobs may keep
    /// running.
    #[arg(long, env = "MODELSELECTION_DELETION_DEADLINE_SECONDS", default_value = "1800", value_parser = seconds)]
    pub deletion_deadline_seconds: Duration,

    /// How long SageMaker's responses may contradict each other after a change, in seconds. Before it has passed, a job
    /// that is not found does not count as deleted, and a job without tags not as somebody else's. A role that cannot
    /// be assumed needs user action only after this time, at most two minutes.
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

    /// Address of the pages of the selections, under /ui, such as 127.0.0.1:8090. Default: no pages. Other machines can
    /// reach an address that is not loopback: it needs `--ui-authenticate`.
    #[arg(long, env = "MODELSELECTION_UI_LISTEN", value_name = "ADDRESS")]
    pub ui_listen: Option<SocketAddr>,

    /// Ask each request to the pages for a bearer token of the cluster, and show what its user may list and get. The
    /// operator then needs the permission to create `TokenReviews` and `SubjectAccessReviews`.
    #[arg(
        long, env = "MODELSELECTION_UI_AUTHENTICATE", value_name = "BOOL", default_value_t = false, action = ArgAction::Set,
        num_args = 0..=1, default_missing_value = "true"
    )]
    pub ui_authenticate: bool,

    /// Log format, on stderr. The variable `RUST_LOG` sets the log level.
    #[arg(long, env = "MODELSELECTION_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// Trace collector for OTLP over HTTP, such as `http://collector:4318`; `/v1/traces` is appended. Default: no
    /// traces are sent.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<String>,

    /// Runs the operator's clock this many times faster than real time, for benchmarks with an emulated SageMaker that
    /// does the same.
    #[arg(long, env = "MODELSELECTION_TIME_SCALE", default_value = "1", value_parser = time_scale, hide = true)]
    pub time_scale: f64,

    /// Check the installation and exit: 0 if ready, 1 if not. Waits up to SECONDS until it is ready (60 without a
    /// value). Makes one read-only SageMaker call, and reads the event queue without hiding a message.
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

impl Args {
    /// The arguments and environment variables of this process. Invalid ones end the process with a message and exit
    /// code 2.
    pub fn read() -> Self {
        let args = Self::parse();
        match args.problem() {
            Some(problem) => Self::command().error(ErrorKind::ValueValidation, problem).exit(),
            None => args,
        }
    }

    /// The first conflict between arguments, or the first value with an unusable form. An empty variable counts as not
    /// set.
    fn problem(&self) -> Option<String> {
        let Self { min_sweep_seconds: min, max_sweep_seconds: max, .. } = self;
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if min > max {
            return Some(format!(
                "--min-sweep-seconds {} must be at most --max-sweep-seconds {}",
                min.as_secs_f64(),
                max.as_secs_f64()
            ));
        }
        if let Some(region) = given(&self.region).filter(|region| !is_region(region)) {
            return Some(format!("--region '{region}' must be the code of an AWS region, such as 'us-west-2'"));
        }
        if let Some(Err(exposed)) = self.ui_listen.map(|address| ui::check(address, self.ui_authenticate)) {
            return Some(exposed.to_string());
        }
        let urls = [("--sagemaker-endpoint", &self.sagemaker_endpoint), ("--otlp-endpoint", &self.otlp_endpoint)];
        let wrong = urls.into_iter().find_map(|(flag, url)| {
            let url = given(url).filter(|url| !is_url(url))?;
            Some(format!("{flag} '{url}' must be a URL that begins with http:// or https://"))
        });
        let queue = || self.events_queue().err().map(|problem| format!("--events-queue-url {problem}"));
        wrong.or_else(queue)
    }

    /// The queue of events, if there is one.
    ///
    /// # Errors
    /// What its URL must be.
    pub fn events_queue(&self) -> Result<Option<QueueUrl>, String> {
        let given = self.events_queue_url.as_ref().filter(|url| !url.is_empty());
        given.map(|url| url.parse().map_err(|problem| format!("'{url}' {problem}"))).transpose()
    }
}

/// Words of letters and digits, joined by `-`, of which the last is a number: this accepts future regions as well.
fn is_region(text: &str) -> bool {
    let words: Vec<&str> = text.split('-').collect();
    let word = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    words.len() >= 3 && words.iter().all(word) && words[words.len() - 1].parse::<u8>().is_ok()
}

fn is_url(text: &str) -> bool {
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains(char::is_whitespace))
}

fn at_least_one<T: FromStr + PartialOrd + From<u8>>(text: &str) -> Result<T, String> {
    let number = text.parse::<T>().ok().filter(|number| *number >= T::from(1));
    number.ok_or_else(|| "must be a whole number of at least 1".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let seconds = seconds.filter(|seconds| *seconds <= LONGEST);
    seconds.ok_or_else(|| format!("must be a number of seconds, from 0 to {}", LONGEST.as_secs()))
}

/// Without a pause, the operator would call SageMaker without end.
fn some_seconds(text: &str) -> Result<Duration, String> {
    let seconds = seconds(text).ok().filter(|seconds| *seconds >= LEAST_SWEEP);
    seconds.ok_or_else(|| {
        format!("must be a number of seconds, from {} to {}", LEAST_SWEEP.as_secs_f64(), LONGEST.as_secs())
    })
}

fn time_scale(text: &str) -> Result<f64, String> {
    let scale = text.parse().ok().filter(|scale: &f64| (1.0..=100_000.0).contains(scale));
    scale.ok_or_else(|| "must be a number from 1 to 100000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The program's error message for these arguments; empty if it accepts them.
    fn message_for(flags: &[&str]) -> String {
        let args = Args::try_parse_from(["operator"].iter().chain(flags)).map_err(|error| error.to_string());
        args.map_or_else(|error| error, |args| args.problem().unwrap_or_default())
    }

    #[test]
    fn invalid_values_are_refused_with_the_flag_and_the_valid_form() {
        let number = "must be a whole number of at least 1";
        let sweep = "must be a number of seconds, from 0.1 to 31536000";
        let seconds = "must be a number of seconds, from 0 to 31536000";
        for (flag, values, expected) in [
            ("--max-tuning-jobs", &["0", "-1", "1.5", "many", ""][..], number),
            ("--concurrency", &["0", "-1", "65536", ""], number),
            ("--min-sweep-seconds", &["0", "-1", "nan", "inf", "soon", "0.05"], sweep),
            ("--max-sweep-seconds", &["0", "-1", "1e300"], sweep),
            ("--deletion-deadline-seconds", &["-1", "nan", "inf", "30m"], seconds),
            ("--consistency-window-seconds", &["-1", "5m", "1e12"], seconds),
            ("--check", &["-1", "x"], seconds),
            ("--region", &["Oregon", "us-west", "us-west-2a", "us west 2"], "must be the code of an AWS region"),
            ("--sagemaker-endpoint", &["localhost:4599", "http://", "https://a b"], "must be a URL that begins with"),
            ("--otlp-endpoint", &["collector:4318"], "must be a URL that begins with"),
            (
                "--events-queue-url",
                &["modelselection-events", "https://sqs.us-west-2.amazonaws.com/x"],
                "must be the URL of an SQS",
            ),
            ("--http-listen", &["8080"], "invalid socket address"),
            ("--ui-listen", &["8090", "localhost:8090"], "invalid socket address"),
            ("--ui-listen", &["0.0.0.0:8090", "[::]:8090", "10.0.0.1:8090"], "add --ui-authenticate"),
            ("--ui-authenticate", &["maybe"], "invalid value 'maybe'"),
            ("--catalog-source", &["s4"], "[possible values: hub, s3]"),
            ("--log-format", &["xml"], "[possible values: text, json]"),
            ("--leader-elect", &["maybe"], "invalid value 'maybe'"),
        ] {
            for value in values {
                let message_for = message_for(&[&format!("{flag}={value}")]);
                assert!(message_for.contains(flag) && message_for.contains(expected), "{flag}={value}: {message_for}");
            }
        }
        let both = message_for(&["--min-sweep-seconds=900"]);
        assert_eq!(both, "--min-sweep-seconds 900 must be at most --max-sweep-seconds 600");
    }

    #[test]
    fn valid_values_are_accepted() {
        for flags in [
            &[][..],
            &["--max-tuning-jobs=1", "--concurrency=65535", "--min-sweep-seconds=0.5", "--max-sweep-seconds=0.5"],
            &["--deletion-deadline-seconds=0", "--consistency-window-seconds=0", "--check"],
            &["--region=us-iso-east-1", "--sagemaker-endpoint=http://127.0.0.1:4599"],
            &["--region=xx-new-9"],
            &["--ui-listen=127.0.0.1:8090"],
            &["--ui-listen=[::]:8090", "--ui-authenticate"],
            &["--region=", "--sagemaker-endpoint=", "--otlp-endpoint=", "--events-queue-url="],
            &["--events-queue-url=https://sqs.us-west-2.amazonaws.com/111122223333/modelselection-events"],
        ] {
            assert_eq!(message_for(flags), "", "{flags:?}");
        }
    }
}
