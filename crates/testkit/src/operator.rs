//! The operator as it is shipped: the unmodified binary, configured by its environment.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use super::await_until::await_until;
use super::control_plane::ControlPlane;
use super::emulator::Emulator;
use super::free_port::FreePort;
use super::process::{Process, Program};
use super::programs;
use super::run_folder::{numbered, run_folder};

const END_DEADLINE: Duration = Duration::from_secs(30);
/// `USER_HZ` of Linux, on every architecture that the operator runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// The options of a start.
#[derive(Clone, Debug)]
pub struct OperatorOptions {
    /// The program; see [`super::programs`].
    pub binary: PathBuf,
    /// Its identity for Kubernetes.
    pub kubeconfig: PathBuf,
    /// The URL of its `SageMaker`.
    pub sagemaker_url: String,
    /// The namespace that it watches.
    pub namespace: String,
    /// The name of its Pod. A second start with the same options is a container restart in the same Pod.
    pub pod: String,
    /// More environment variables; they override those set here.
    pub extra_env: Vec<(String, String)>,
    /// Arguments.
    pub extra_args: Vec<String>,
}

impl OperatorOptions {
    /// As administrator of a control plane, with an emulator. Change the fields for other cases.
    pub fn new(plane: &ControlPlane, sagemaker: &Emulator, namespace: &str) -> Self {
        Self {
            binary: programs::operator().to_owned(),
            kubeconfig: plane.kubeconfig().to_owned(),
            sagemaker_url: sagemaker.url().to_owned(),
            namespace: namespace.to_owned(),
            pod: numbered("pod"),
            extra_env: Vec::new(),
            extra_args: Vec::new(),
        }
    }
}

/// A started operator. If a test panics, the end of its log is printed.
pub struct Operator {
    process: Process,
    port: FreePort,
}

impl Operator {
    /// Starts it without waiting: see [`Operator::await_ready`].
    pub fn start(options: OperatorOptions) -> Self {
        let OperatorOptions { binary, kubeconfig, sagemaker_url, namespace, pod, extra_env, extra_args } = options;
        // Operators of different tests must not wait for each other.
        let lease_namespace =
            namespace.split(',').next().filter(|name| !name.is_empty()).unwrap_or("default").to_owned();
        let port = FreePort::reserve();
        let mut environment: Vec<(String, String)> = [
            ("KUBECONFIG", kubeconfig.display().to_string()),
            ("MODELSELECTION_NAMESPACES", namespace),
            ("POD_NAMESPACE", lease_namespace),
            ("POD_UID", format!("uid-of-{pod}")),
            ("POD_NAME", pod),
            ("MODELSELECTION_HTTP_LISTEN", format!("127.0.0.1:{}", port.number())),
            ("RUST_LOG", std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned())),
            // Emulated jobs take seconds.
            ("MODELSELECTION_MAX_SWEEP_SECONDS", "2".to_owned()),
            ("AWS_REGION", "us-west-2".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_ENDPOINT_URL_SAGEMAKER", sagemaker_url.clone()),
            ("AWS_ENDPOINT_URL_S3", sagemaker_url),
            // The machine's own AWS configuration must not affect a test.
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        environment.extend(extra_env);
        let name = numbered("operator");
        let process = Process::start(Program {
            name: &name,
            binary: &binary,
            arguments: extra_args,
            environment,
            folder: run_folder(),
        });
        Self { process, port }
    }

    /// The address of its probes and metrics.
    pub fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }

    /// Status and text of a path below [`Operator::http`]; an error if nothing listens.
    pub async fn get(&self, path: &str) -> Result<(u16, String), String> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(5))
            .build()
            .map_err(|e| format!("{e:?}"))?;
        let response = client.get(format!("{}{path}", self.http())).send().await.map_err(|e| format!("{e:?}"))?;
        let status = response.status().as_u16();
        Ok((status, response.text().await.map_err(|e| format!("{e:?}"))?))
    }

    /// Waits until `/readyz` returns 200.
    pub async fn await_ready(&mut self, deadline: Duration) {
        await_until("the operator is ready", deadline, async || {
            assert!(self.process.is_running(), "the operator ended by itself\n{}", self.process.tail());
            match self.get("/readyz").await {
                Ok((200, _)) => Ok(()),
                Ok((status, text)) => Err(format!("{status} {text}")),
                Err(error) => Err(error),
            }
        })
        .await;
    }

    /// Sends a signal, such as `STOP`.
    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Sends SIGKILL, and waits for the exit.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Sends SIGTERM, and waits (at most 30 s). Returns the exit status and the duration.
    pub async fn terminate(&mut self) -> (ExitStatus, Duration) {
        self.process.terminate(END_DEADLINE).await
    }

    /// Whether it is still running.
    pub fn is_running(&mut self) -> bool {
        self.process.is_running()
    }

    /// Its exit status; `None` while it is running.
    pub fn exit_status(&mut self) -> Option<ExitStatus> {
        self.process.exit_status()
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Its memory in KiB (resident set).
    pub fn rss_kib(&self) -> u64 {
        self.memory_kib("VmRSS:")
    }

    /// Its memory in KiB without the program itself and its libraries.
    pub fn heap_kib(&self) -> u64 {
        self.memory_kib("RssAnon:")
    }

    /// Its open file descriptors, sockets included.
    pub fn descriptors(&self) -> usize {
        let path = format!("/proc/{}/fd", self.process.pid());
        let open = std::fs::read_dir(&path);
        open.unwrap_or_else(|e| panic!("cannot read {path} (has the operator ended?): {e}")).count()
    }

    fn memory_kib(&self, field: &str) -> u64 {
        let path = format!("/proc/{}/status", self.process.pid());
        let status = std::fs::read_to_string(&path)
            .unwrap_or_else(|e| panic!("cannot read {path} (has the operator ended?): {e}"));
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let number = line.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse().ok());
        number.unwrap_or_else(|| panic!("no {field} in {path} (has the operator ended?)"))
    }

    /// The seconds of CPU time that it has used.
    pub fn cpu_seconds(&self) -> f64 {
        let path = format!("/proc/{}/stat", self.process.pid());
        let stat = std::fs::read_to_string(&path)
            .unwrap_or_else(|e| panic!("cannot read {path} (has the operator ended?): {e}"));
        // The fields after the name, which may contain spaces: the state is the 3rd field, `utime` the 14th and `stime`
        // the 15th.
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        let ticks: f64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
        ticks / TICKS_PER_SECOND
    }

    /// The values of `/metrics`, by their names with labels.
    pub async fn metrics(&self) -> HashMap<String, f64> {
        let (_, text) =
            self.get("/metrics").await.unwrap_or_else(|e| panic!("no metrics: {e}\n{}", self.process.tail()));
        metrics(&text)
    }

    /// Its whole log.
    pub fn logs(&self) -> String {
        self.process.log()
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.process.tail());
        }
    }
}

/// The values in the text of `/metrics`, by their names with labels.
pub fn metrics(text: &str) -> HashMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.rsplit_once(' ')).filter_map(|(k, v)| Some((k.to_owned(), v.parse().ok()?))).collect()
}

/// The metric that counts completed reconciles.
pub const RECONCILES: &str = "controller_runtime_reconcile_total";

/// The sum of a metric over all its labels.
#[allow(clippy::implicit_hasher)] // as [`metrics`] returns it
pub fn total(metrics: &HashMap<String, f64>, name: &str) -> f64 {
    let of_it = |key: &str| key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('{'));
    metrics.iter().filter(|(key, _)| of_it(key)).map(|(_, value)| value).sum()
}
