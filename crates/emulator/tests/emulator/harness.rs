//! Starts the built emulator and uses its protocol. Every successful response is checked against the service model.

use std::io::{BufRead as _, BufReader};
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;

use parking_lot::Mutex;

use emulator::model;
use emulator_client::Client;
pub use emulator_client::REGION;
use reqwest::Method;
use serde_json::{Value, json};

/// A running emulator, with a client for one region.
#[derive(Clone)]
pub struct Emulator {
    process: Arc<Process>,
    client: Client,
}

struct Process(Mutex<Child>);

impl Drop for Process {
    fn drop(&mut self) {
        let mut child = self.0.lock();
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Deref for Emulator {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Emulator {
    /// Starts one whose clock is stopped.
    pub fn start(flags: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sagemaker-emulator"))
            .args(["--listen", "127.0.0.1:0", "--speed", "0"])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.next().unwrap().unwrap();
        let ready = lines.next().unwrap().unwrap();
        assert!(url.starts_with("http://127.0.0.1:") && ready.starts_with("ready"), "{url} {ready}");
        Self { process: Arc::new(Process(Mutex::new(child))), client: Client::new(&url) }
    }

    /// Terminates it like an init system does.
    pub fn terminate(&self) -> ExitStatus {
        let mut child = self.process.0.lock();
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
        child.wait().unwrap()
    }
}

/// Assertions on responses, from any region.
pub trait Answers {
    /// A successful response. It conforms to the service model and contains no null.
    async fn ok(&self, operation: &str, body: &Value) -> Value;
    /// An error response: status and body.
    async fn error(&self, operation: &str, body: &Value) -> (u16, Value);
    /// A plain GET.
    async fn get(&self, path: &str) -> (u16, Value);
    /// GET of the emulator's own API.
    async fn admin_get(&self, path: &str) -> Value;
    /// POST to the emulator's own API.
    async fn admin_post(&self, path: &str, body: &Value) -> (u16, Value);
    /// An S3 object: status, `ETag` and body, if there is a response. `etag` is the version that the client already
    /// has.
    async fn object(&self, method: Method, path: &str, etag: Option<&str>) -> reqwest::Result<(u16, String, String)>;
}

impl Answers for Client {
    async fn ok(&self, operation: &str, body: &Value) -> Value {
        let answer = self.call(operation, body).await.unwrap_or_else(|error| panic!("{operation}: {error:?}"));
        assert_eq!(model::validate_output(operation, &answer), [], "{answer}");
        assert_eq!(model::unknown_members_of_output(operation, &answer), Vec::<String>::new());
        assert!(!answer.to_string().contains(":null"), "{answer}");
        answer
    }

    async fn error(&self, operation: &str, body: &Value) -> (u16, Value) {
        let error = self.call(operation, body).await.expect_err(operation);
        (error.status, error.body)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn admin_get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, None).await.1
    }

    async fn admin_post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.ask(Method::POST, path, Some(body)).await
    }

    async fn object(&self, method: Method, path: &str, etag: Option<&str>) -> reqwest::Result<(u16, String, String)> {
        let ask = self.request(method, path);
        let answer = etag.iter().fold(ask, |ask, etag| ask.header("if-none-match", *etag)).send().await?;
        let tag = answer.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned()).unwrap_or_default();
        Ok((answer.status().as_u16(), tag, answer.text().await?))
    }
}

/// A fixture by its file name.
pub fn fixture(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The request that the vendor's notebook sends.
pub fn notebook() -> Value {
    fixture("create-hpt-job.notebook.mobilenet-v2.tf-flowers.json")
}

/// The same with another name.
pub fn request(name: &str) -> Value {
    let mut job = notebook();
    job["HyperParameterTuningJobName"] = json!(name);
    job
}

/// One of the captured variants.
pub fn variant(name: &str) -> Value {
    fixture("create-hpt-job.variants.json")[name].clone()
}

/// The operation that most tests use.
pub const CREATE: &str = "CreateHyperParameterTuningJob";
/// Describes a tuning job.
pub const DESCRIBE: &str = "DescribeHyperParameterTuningJob";
/// Lists tuning jobs.
pub const LIST: &str = "ListHyperParameterTuningJobs";

/// A request for a tuning job by name.
pub fn named(name: &str) -> Value {
    json!({"HyperParameterTuningJobName": name})
}

/// A request with another instance type.
pub fn on(mut job: Value, instance: &str) -> Value {
    job["TrainingJobDefinition"]["HyperParameterTuningResourceConfig"]["InstanceType"] = json!(instance);
    job
}

/// A request for one training job at a time.
pub fn one_at_a_time(mut job: Value) -> Value {
    job["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxParallelTrainingJobs"] = json!(1);
    job
}

/// Names of all tuning jobs of a list, read page by page.
pub async fn all_names(emulator: &Client, ask: &Value) -> Vec<String> {
    let mut ask = ask.clone();
    let mut names = Vec::new();
    loop {
        let page = emulator.ok(LIST, &ask).await;
        let summaries = page["HyperParameterTuningJobSummaries"].as_array().unwrap();
        names.extend(
            summaries.iter().map(|summary| summary["HyperParameterTuningJobName"].as_str().unwrap().to_owned()),
        );
        match page.get("NextToken") {
            Some(token) => ask["NextToken"] = token.clone(),
            None => return names,
        }
    }
}
