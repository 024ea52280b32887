//! The emulated `SageMaker` as a process, with its admin API and raw `SageMaker` calls.

use std::time::Duration;

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use super::await_until::await_until;
use super::process::{Process, Program};
use super::programs;
use super::run_folder::{numbered, run_folder};

const READY_DEADLINE: Duration = Duration::from_secs(20);
const CALL_DEADLINE: Duration = Duration::from_secs(30);
/// The emulator reads the region from the credential scope, and nothing else.
const AUTHORIZATION: &str =
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-west-2/sagemaker/aws4_request, SignedHeaders=host, Signature=00";

/// A refused `SageMaker` call: the HTTP status and the body, whose `__type` names the error.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceError {
    /// The HTTP status.
    pub status: u16,
    /// The body; a string if it was not JSON.
    pub body: Value,
}

impl ServiceError {
    /// The name of the error, without a namespace.
    pub fn code(&self) -> &str {
        let full = self.body.get("__type").and_then(Value::as_str).unwrap_or_default();
        full.rsplit_once('#').map_or(full, |(_, name)| name)
    }
}

/// A running emulator. When a test panics, the end of its log is printed.
pub struct Emulator {
    process: Process,
    url: String,
}

impl Emulator {
    /// Starts one on a free port.
    pub async fn start(extra_arguments: &[&str]) -> Self {
        let mut arguments = vec!["--listen".to_owned(), "127.0.0.1:0".to_owned()];
        arguments.extend(extra_arguments.iter().map(ToString::to_string));
        let name = numbered("sagemaker-emulator");
        let environment =
            vec![("RUST_LOG".to_owned(), std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned()))];
        let mut process = Process::start(Program {
            name: &name,
            binary: programs::emulator(),
            arguments,
            environment,
            folder: run_folder(),
        });
        let url = await_until("the emulator is ready", READY_DEADLINE, async || {
            assert!(process.is_running(), "the emulator ended by itself\n{}\n{}", process.output(), process.tail());
            let output = process.output();
            ready_url(&output).ok_or_else(|| format!("{output}\n{}", process.tail()))
        })
        .await;
        Self { process, url }
    }

    /// Its address, for `AWS_ENDPOINT_URL_SAGEMAKER`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Calls so far by operation.
    pub async fn calls(&self) -> Value {
        self.admin(Method::GET, "calls", None).await
    }

    /// Sets the counts back to none.
    pub async fn reset_calls(&self) {
        self.admin(Method::DELETE, "calls", None).await;
    }

    /// The bodies of all requests of an operation.
    pub async fn requests(&self, operation: &str) -> Value {
        self.admin(Method::GET, &format!("requests?operation={operation}"), None).await
    }

    /// Makes calls fail, as the emulator's documentation describes.
    pub async fn fault(&self, fault: Value) -> Value {
        self.admin(Method::POST, "faults", Some(fault)).await
    }

    /// The faults that have not hit as often as they are to.
    pub async fn faults(&self) -> Value {
        self.admin(Method::GET, "faults", None).await
    }

    /// Lays a row over the table of models; jobs created from now on follow it.
    pub async fn behave(&self, row: Value) {
        self.admin(Method::POST, "training", Some(row)).await;
    }

    /// How long an epoch of jobs takes that are created from now on.
    pub async fn set_seconds_per_epoch(&self, seconds: f64) {
        self.behave(json!({"match": "*", "secondsPerEpoch": seconds})).await;
    }

    /// Adds a version of a model to the hub, or replaces it.
    pub async fn set_hub_model(&self, entry: Value) {
        self.admin(Method::POST, "hub", Some(entry)).await;
    }

    /// Shows an outdated view, as the emulator's documentation describes.
    pub async fn lag(&self, lag: Value) {
        self.admin(Method::POST, "lags", Some(lag)).await;
    }

    /// Shows everything as it is.
    pub async fn clear_lags(&self) {
        self.admin(Method::DELETE, "lags", None).await;
    }

    /// Takes all faults back.
    pub async fn clear_faults(&self) {
        self.admin(Method::DELETE, "faults", None).await;
    }

    /// Lets time pass at once.
    pub async fn advance(&self, seconds: u64) -> Value {
        self.admin(Method::POST, "clock", Some(json!({ "advanceSeconds": seconds }))).await
    }

    /// Emulated seconds per second.
    pub async fn set_speed(&self, speed: f64) -> Value {
        self.admin(Method::POST, "clock", Some(json!({ "speed": speed }))).await
    }

    /// The tuning jobs that it has.
    pub async fn jobs(&self) -> Value {
        self.admin(Method::GET, "jobs", None).await
    }

    /// A `SageMaker` call as the SDK would make it.
    pub async fn call(&self, operation: &str, request: &Value) -> Result<Value, ServiceError> {
        let sent = http()
            .post(&self.url)
            .header("Content-Type", "application/x-amz-json-1.1")
            .header("X-Amz-Target", format!("SageMaker.{operation}"))
            .header("Authorization", AUTHORIZATION)
            .body(request.to_string())
            .send()
            .await;
        let response =
            sent.unwrap_or_else(|e| panic!("{operation} did not reach the emulator: {e:?}\n{}", self.process.tail()));
        let (status, body) = read(response).await;
        if status == 200 { Ok(body) } else { Err(ServiceError { status, body }) }
    }

    /// Kills it; the port is then closed, as if the network were down.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// What it logged.
    pub fn logs(&self) -> String {
        self.process.log()
    }

    async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let address = format!("{}/_emulator/{path}", self.url);
        let mut request = http().request(method.clone(), &address);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request
            .send()
            .await
            .unwrap_or_else(|e| panic!("no answer to {method} {address}: {e:?}\n{}", self.process.tail()));
        let (status, body) = read(response).await;
        assert!((200..300).contains(&status), "the emulator refuses {method} {address}: {status} {body}");
        body
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.process.tail());
        }
    }
}

/// The first line of the output is the address, once a later one says that it is ready.
fn ready_url(output: &str) -> Option<String> {
    let whole = &output[..output.rfind('\n')?];
    let first = whole.lines().next()?;
    let url = first.split_whitespace().find(|word| word.starts_with("http://"))?;
    whole.lines().any(|line| line.starts_with("ready")).then(|| url.trim_end_matches('/').to_owned())
}

/// New for each call: an emulator may be shared by tests, and a client's connections end with the test's runtime.
fn http() -> Client {
    let client = Client::builder().no_proxy().timeout(CALL_DEADLINE).build();
    client.unwrap_or_else(|e| panic!("cannot make an HTTP client: {e}"))
}

async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap_or_else(|e| panic!("the answer broke off: {e:?}"));
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::String(text)) };
    (status, body)
}
