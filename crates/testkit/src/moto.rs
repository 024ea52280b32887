//! AWS services beside SageMaker, served by moto over real HTTP: CloudWatch Logs, STS, IAM, Service Quotas with the quotas of
//! `tests/moto/server.py`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::await_until::await_until;
use super::free_port::FreePort;
use super::process::{Process, Program};
use super::programs;
use super::run_folder::{numbered, run_folder};

/// The account of all its resources.
pub const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-west-2";
const GROUP: &str = "/aws/sagemaker/TrainingJobs";
const READY_DEADLINE: Duration = Duration::from_mins(1);
/// The status of get.sh where PyPI cannot be reached.
const IMPOSSIBLE: i32 = 3;

/// A running server. When a test panics, the end of its log is printed.
pub struct Moto {
    process: Process,
    http: reqwest::Client,
    url: String,
    _port: FreePort,
}

impl Moto {
    /// Starts one, in which there is nothing; `None` when it cannot be had, which get.sh says.
    pub async fn start() -> Option<Self> {
        Self::start_with(&[]).await
    }

    /// One that checks signatures and permissions after so many calls, which are for making users.
    pub async fn with_permissions(free_calls: usize) -> Option<Self> {
        Self::start_with(&[("INITIAL_NO_AUTH_ACTION_COUNT".to_owned(), free_calls.to_string())]).await
    }

    async fn start_with(environment: &[(String, String)]) -> Option<Self> {
        let python = python()?;
        let port = FreePort::reserve();
        let script = Path::new(programs::ROOT).join("tests/moto/server.py");
        let mut process = Process::start(Program {
            name: &numbered("moto"),
            binary: &python,
            arguments: vec![script.display().to_string(), port.number().to_string()],
            environment: environment.to_vec(),
            folder: run_folder(),
        });
        let url = format!("http://127.0.0.1:{}", port.number());
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().expect("an HTTP client");
        await_until("moto is ready", READY_DEADLINE, async || {
            assert!(process.is_running(), "moto ended by itself\n{}", process.tail());
            http.get(format!("{url}/moto-api/")).send().await.map(drop).map_err(|error| error.to_string())
        })
        .await;
        Some(Self { process, http, url, _port: port })
    }

    /// Its address, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes a log stream of a training job, such as `JOB/algo-1-1234567890`.
    pub async fn create_stream(&self, name: &str) {
        let group = json!({"logGroupName": GROUP});
        let (status, answer) = self.logs("CreateLogGroup", &group).await;
        assert!(status == 200 || answer.contains("ResourceAlreadyExists"), "{answer}");
        let stream = json!({"logGroupName": GROUP, "logStreamName": name});
        let (status, answer) = self.logs("CreateLogStream", &stream).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Writes events to a stream, each with the time in seconds before now.
    pub async fn write(&self, stream: &str, events: &[(i64, &str)]) {
        let now = Timestamp::now().as_millisecond();
        let events: Vec<Value> = events
            .iter()
            .map(|(before, message)| json!({"timestamp": now - before * 1000, "message": message}))
            .collect();
        let body = json!({"logGroupName": GROUP, "logStreamName": stream, "logEvents": events});
        let (status, answer) = self.logs("PutLogEvents", &body).await;
        assert_eq!(status, 200, "{answer}");
    }

    async fn logs(&self, operation: &str, body: &Value) -> (u16, String) {
        let request = self.request("logs").header("X-Amz-Target", format!("Logs_20140328.{operation}"));
        let request = request.header("Content-Type", "application/x-amz-json-1.1").body(body.to_string());
        self.send(request).await
    }

    /// Makes a user without any permission; access key id and secret.
    pub async fn create_user(&self, name: &str) -> (String, String) {
        let call = async |action: &str| {
            let form = format!("Action={action}&Version=2010-05-08&UserName={name}");
            let form_type = "application/x-www-form-urlencoded";
            let (status, answer) = self.send(self.request("iam").header("Content-Type", form_type).body(form)).await;
            assert_eq!(status, 200, "{answer}");
            answer
        };
        call("CreateUser").await;
        let key = call("CreateAccessKey").await;
        let field = |name: &str| {
            let rest = key.split(&format!("<{name}>")).nth(1).unwrap_or_else(|| panic!("no {name} in {key}"));
            rest.split('<').next().unwrap_or_default().to_owned()
        };
        (field("AccessKeyId"), field("SecretAccessKey"))
    }

    /// A request to a service. moto reads the region and the service from the scope of the signature.
    fn request(&self, service: &str) -> reqwest::RequestBuilder {
        let credential = format!("Credential=AKID/20261124/{REGION}/{service}/aws4_request");
        let authorization = format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host;x-amz-date, Signature=00");
        self.http.post(&self.url).header("Authorization", authorization)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, String) {
        let answer =
            request.send().await.unwrap_or_else(|e| panic!("no answer of moto: {e:?}\n{}", self.process.tail()));
        let status = answer.status().as_u16();
        (status, answer.text().await.unwrap_or_else(|e| panic!("half an answer of moto: {e:?}")))
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.process.tail());
        }
    }
}

/// The Python that has moto, from `tests/moto/get.sh`.
fn python() -> Option<PathBuf> {
    let script = Path::new(programs::ROOT).join("tests/moto/get.sh");
    let output = Command::new(&script).stderr(Stdio::inherit()).output();
    let output = output.unwrap_or_else(|e| panic!("cannot run {}: {e}", script.display()));
    if output.status.code() == Some(IMPOSSIBLE) {
        return None;
    }
    assert!(output.status.success(), "{} failed; its messages are above", script.display());
    Some(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}
