//! Starts the built emulator and speaks its protocol. Every good answer is held to the service model.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;

use parking_lot::Mutex;

use emulator::model;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

/// Region of the fixtures.
pub const REGION: &str = "us-west-2";

/// A running emulator, seen from one region.
#[derive(Clone)]
pub struct Emulator {
    process: Arc<Process>,
    client: Client,
    url: String,
    region: String,
}

struct Process(Mutex<Child>);

impl Drop for Process {
    fn drop(&mut self) {
        let mut child = self.0.lock();
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Emulator {
    /// Starts one whose clock stands still.
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
        let client = Client::new();
        Self { process: Arc::new(Process(Mutex::new(child))), client, url, region: REGION.to_owned() }
    }

    /// The same emulator, seen from another region.
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// Ends it as an init system would.
    pub fn terminate(&self) -> ExitStatus {
        let mut child = self.process.0.lock();
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
        child.wait().unwrap()
    }

    /// ARN of a tuning job.
    pub fn arn(&self, name: &str) -> String {
        format!("arn:aws:sagemaker:{}:111122223333:hyper-parameter-tuning-job/{name}", self.region)
    }

    fn ask(&self, operation: &str, body: &Value) -> RequestBuilder {
        self.client
            .post(&self.url)
            .header("x-amz-target", format!("SageMaker.{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .body(body.to_string())
    }

    /// The answer as it comes, if one comes.
    pub async fn raw(&self, operation: &str, body: &Value) -> reqwest::Result<Response> {
        let credential = format!("Credential=AKID/20261124/{}/sagemaker/aws4_request", self.region);
        let authorization = format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host;x-amz-date, Signature=00");
        let signed =
            self.ask(operation, body).header("authorization", authorization).header("x-amz-security-token", "token");
        signed.send().await
    }

    /// A good answer. It keeps to the service model and has no null in it.
    pub async fn ok(&self, operation: &str, body: &Value) -> Value {
        let answer = self.raw(operation, body).await.unwrap();
        let status = answer.status().as_u16();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(status, 200, "{operation}: {answer}");
        assert_eq!(model::validate_output(operation, &answer), [], "{answer}");
        assert_eq!(model::unknown_members_of_output(operation, &answer), Vec::<String>::new());
        assert!(!answer.to_string().contains(":null"), "{answer}");
        answer
    }

    /// An error: status and body.
    pub async fn error(&self, operation: &str, body: &Value) -> (u16, Value) {
        let answer = self.raw(operation, body).await.unwrap();
        let status = answer.status().as_u16();
        assert_ne!(status, 200, "{operation} was expected to fail");
        (status, answer.json().await.unwrap())
    }

    /// An answer to a request without a signature.
    pub async fn unsigned(&self, operation: &str, body: &Value) -> (u16, Value) {
        let answer = self.ask(operation, body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// A plain GET.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.client.get(format!("{}/{path}", self.url)).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// GET of the emulator's own API.
    pub async fn admin_get(&self, path: &str) -> Value {
        self.get(&format!("_emulator/{path}")).await.1
    }

    /// An object of S3: status, `ETag` and body, if an answer comes. `etag` is what the asker has already.
    pub async fn object(
        &self,
        method: reqwest::Method,
        path: &str,
        etag: Option<&str>,
    ) -> reqwest::Result<(u16, String, String)> {
        let ask = self.client.request(method, format!("{}/{path}", self.url));
        let answer = etag.iter().fold(ask, |ask, etag| ask.header("if-none-match", *etag)).send().await?;
        let tag = answer.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned()).unwrap_or_default();
        Ok((answer.status().as_u16(), tag, answer.text().await?))
    }

    /// A request of any kind.
    pub fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/{path}", self.url))
    }

    /// POST to the emulator's own API.
    pub async fn admin_post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.client.post(format!("{}/_emulator/{path}", self.url)).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// DELETE at the emulator's own API.
    pub async fn admin_delete(&self, path: &str) {
        let answer = self.client.delete(format!("{}/_emulator/{path}", self.url)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
    }

    /// Orders a fault.
    pub async fn fault(&self, order: &Value) {
        let (status, answer) = self.admin_post("faults", order).await;
        assert!(status == 200 && answer["id"].is_u64(), "{answer}");
    }

    /// Moves the clock.
    pub async fn advance(&self, seconds: f64) {
        assert_eq!(self.admin_post("clock", &json!({"advanceSeconds": seconds})).await.0, 200);
    }
}

/// A fixture by its file name.
pub fn fixture(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The request that the notebook sends.
pub fn notebook() -> Value {
    fixture("create-hpt-job.notebook.mobilenet-v2.tf-flowers.json")
}

/// The same under another name.
pub fn request(name: &str) -> Value {
    let mut job = notebook();
    job["HyperParameterTuningJobName"] = json!(name);
    job
}

/// One of the captured variants.
pub fn variant(name: &str) -> Value {
    fixture("create-hpt-job.variants.json")[name].clone()
}

/// Names the operation that most tests are about.
pub const CREATE: &str = "CreateHyperParameterTuningJob";
/// Describes a tuning job.
pub const DESCRIBE: &str = "DescribeHyperParameterTuningJob";
/// Lists tuning jobs.
pub const LIST: &str = "ListHyperParameterTuningJobs";

/// Asks for a tuning job.
pub fn named(name: &str) -> Value {
    json!({"HyperParameterTuningJobName": name})
}

/// A request on another type of instance.
pub fn on(mut job: Value, instance: &str) -> Value {
    job["TrainingJobDefinition"]["HyperParameterTuningResourceConfig"]["InstanceType"] = json!(instance);
    job
}

/// A request for one training job at a time.
pub fn one_at_a_time(mut job: Value) -> Value {
    job["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxParallelTrainingJobs"] = json!(1);
    job
}

/// Names of all tuning jobs of a list, page by page.
pub async fn all_names(emulator: &Emulator, ask: &Value) -> Vec<String> {
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
