//! A client of the emulator for tests: raw SageMaker calls, and the emulator's own API under `/_emulator/`.
//!
//! It knows the protocol and nothing else, so that the tests of the emulator and those of the operator share it while
//! the two programs stay apart. A call that gets no answer where one is due fails the test.

// A client of tests panics where a test cannot go on.
#![allow(clippy::missing_panics_doc)]

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

/// The region of all fixtures.
pub const REGION: &str = "us-west-2";

const CALL_DEADLINE: Duration = Duration::from_secs(30);

/// A refused SageMaker call: the HTTP status and the body, whose `__type` names the error.
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

/// A client of one emulator in one region.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    region: String,
}

/// Calls of SageMaker.
impl Client {
    /// A client in the region of the fixtures.
    pub fn new(url: &str) -> Self {
        // Without idle connections: tests with runtimes of their own share an emulator, and a connection ends with its
        // runtime.
        let http = reqwest::Client::builder().no_proxy().timeout(CALL_DEADLINE).pool_max_idle_per_host(0).build();
        let http = http.unwrap_or_else(|e| panic!("cannot make an HTTP client: {e}"));
        Self { http, url: url.trim_end_matches('/').to_owned(), region: REGION.to_owned() }
    }

    /// The same emulator in another region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// The emulator's address, for `AWS_ENDPOINT_URL_SAGEMAKER`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The ARN of a tuning job.
    pub fn arn(&self, tuning_job: &str) -> String {
        format!("arn:aws:sagemaker:{}:111122223333:hyper-parameter-tuning-job/{tuning_job}", self.region)
    }

    /// A request of any kind.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}/{path}", self.url))
    }

    /// Makes a call without a signature, and returns the answer as it comes.
    pub async fn send_unsigned(&self, operation: &str, request: &Value) -> reqwest::Result<Response> {
        self.unsigned(operation, request).send().await
    }

    fn unsigned(&self, operation: &str, request: &Value) -> RequestBuilder {
        self.request(Method::POST, "")
            .header("X-Amz-Target", format!("SageMaker.{operation}"))
            .header("Content-Type", "application/x-amz-json-1.1")
            .body(request.to_string())
    }

    /// Makes a call as the SDK would, and returns the answer as it comes, if one comes.
    pub async fn send(&self, operation: &str, request: &Value) -> reqwest::Result<Response> {
        // The emulator reads the region from the credential scope, and nothing else.
        let credential = format!("Credential=AKID/20261124/{}/sagemaker/aws4_request", self.region);
        let authorization = format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host;x-amz-date, Signature=00");
        let call = self.unsigned(operation, request).header("Authorization", authorization);
        call.header("X-Amz-Security-Token", "token").send().await
    }

    /// Makes a call as the SDK would.
    pub async fn call(&self, operation: &str, request: &Value) -> Result<Value, ServiceError> {
        let answer = self.send(operation, request).await;
        let answer = answer.unwrap_or_else(|e| panic!("no answer to {operation} at {}: {e:?}", self.url));
        let (status, body) = read(answer).await;
        if status == 200 { Ok(body) } else { Err(ServiceError { status, body }) }
    }
}

/// The emulator's own API; `docs/emulator.md` describes it.
impl Client {
    /// A request to the emulator's own API: the status and the answer.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let request = self.request(method.clone(), &format!("_emulator/{path}"));
        let request = body.into_iter().fold(request, RequestBuilder::json);
        let answer = request.send().await;
        read(answer.unwrap_or_else(|e| panic!("no answer to {method} {path} at {}: {e:?}", self.url))).await
    }

    /// The same, which has to be answered with success.
    async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.ask(method.clone(), path, body.as_ref()).await;
        assert!((200..300).contains(&status), "the emulator refuses {method} {path}: {status} {answer}");
        answer
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

    /// Makes calls fail.
    pub async fn fault(&self, fault: Value) -> Value {
        self.admin(Method::POST, "faults", Some(fault)).await
    }

    /// The faults that have not hit as often as they are to.
    pub async fn faults(&self) -> Value {
        self.admin(Method::GET, "faults", None).await
    }

    /// Takes all faults back.
    pub async fn clear_faults(&self) {
        self.admin(Method::DELETE, "faults", None).await;
    }

    /// Shows an outdated view.
    pub async fn lag(&self, lag: Value) {
        self.admin(Method::POST, "lags", Some(lag)).await;
    }

    /// Shows the present view again.
    pub async fn clear_lags(&self) {
        self.admin(Method::DELETE, "lags", None).await;
    }

    /// Lays a row over the table of models; jobs created from now on follow it.
    pub async fn behave(&self, row: Value) {
        self.admin(Method::POST, "training", Some(row)).await;
    }

    /// Takes all such rows back.
    pub async fn reset_models(&self) {
        self.admin(Method::DELETE, "training", None).await;
    }

    /// Sets how long an epoch of jobs takes that are created from now on.
    pub async fn set_seconds_per_epoch(&self, seconds: f64) {
        self.behave(json!({"match": "*", "secondsPerEpoch": seconds})).await;
    }

    /// Adds a version of a model to the hub, or replaces it.
    pub async fn set_hub_model(&self, entry: Value) {
        self.admin(Method::POST, "hub", Some(entry)).await;
    }

    /// Takes all such versions back.
    pub async fn reset_hub(&self) {
        self.admin(Method::DELETE, "hub", None).await;
    }

    /// The tuning jobs that it has.
    pub async fn jobs(&self) -> Value {
        self.admin(Method::GET, "jobs", None).await
    }

    /// The state of the clock.
    pub async fn clock(&self) -> Value {
        self.admin(Method::GET, "clock", None).await
    }

    /// Lets time pass at once.
    pub async fn advance(&self, seconds: impl Into<f64>) -> Value {
        self.admin(Method::POST, "clock", Some(json!({ "advanceSeconds": seconds.into() }))).await
    }

    /// Emulated seconds per second.
    pub async fn set_speed(&self, speed: f64) -> Value {
        self.admin(Method::POST, "clock", Some(json!({ "speed": speed }))).await
    }
}

async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap_or_else(|e| panic!("the answer broke off: {e:?}"));
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::String(text)) };
    (status, body)
}
