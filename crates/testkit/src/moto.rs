//! moto, a stand-in for AWS services other than SageMaker, as a process: `tests/tools/moto.sh` installs it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::await_until::await_until;
use super::free_port::FreePort;
use super::process::{Process, Program};
use super::programs;
use super::run_folder::{numbered, run_folder};

/// The first start compiles moto's modules.
const READY_DEADLINE: Duration = Duration::from_secs(60);

/// One of the programs that moto brings; it is installed if it is not there yet.
pub fn moto_program(name: &str) -> PathBuf {
    let script = Path::new(programs::ROOT).join("tests/tools/moto.sh");
    let output = Command::new(&script).stderr(Stdio::inherit()).output();
    let output = output.unwrap_or_else(|e| panic!("cannot run {}: {e}", script.display()));
    assert!(output.status.success(), "{} failed; its messages are above", script.display());
    Path::new(String::from_utf8_lossy(&output.stdout).trim()).join(name)
}

/// A running moto, which accepts any credentials. When a test panics, the end of its log is printed.
pub struct Moto {
    process: Process,
    port: FreePort,
    client: reqwest::Client,
}

impl Moto {
    /// Starts one, in which there is nothing.
    pub async fn start() -> Self {
        let port = FreePort::reserve();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
        let mut moto = Self { process: Self::run(&port), port, client };
        moto.await_ready().await;
        moto
    }

    /// Starts it anew on the same port, without what was in it.
    pub async fn restart(&mut self) {
        self.kill();
        self.process = Self::run(&self.port);
        self.await_ready().await;
    }

    fn run(port: &FreePort) -> Process {
        Process::start(Program {
            name: &numbered("moto"),
            binary: &moto_program("moto_server"),
            arguments: ["-H", "127.0.0.1", "-p", &port.number().to_string()].map(str::to_owned).into(),
            environment: Vec::new(),
            folder: run_folder(),
        })
    }

    async fn await_ready(&mut self) {
        await_until("moto is ready", READY_DEADLINE, async || {
            assert!(self.process.is_running(), "moto ended by itself\n{}", self.process.tail());
            self.client
                .get(format!("{}/moto-api/data.json", self.url()))
                .send()
                .await
                .map(drop)
                .map_err(|e| e.to_string())
        })
        .await;
    }

    /// Where its services are.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }

    /// Kills it; the port is then closed, as if the network were down.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Calls a service that speaks JSON, in us-west-2: `target` is a header, such as `AmazonSQS.SendMessage`.
    pub async fn call(&self, service: &str, target: &str, request: &Value) -> Value {
        let signature = format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-west-2/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        let call = self.client.post(self.url()).header("X-Amz-Target", target).header("Authorization", signature);
        let call = call.header("Content-Type", "application/x-amz-json-1.1").body(request.to_string());
        let answer = call.send().await.unwrap_or_else(|e| panic!("{target}: {e:?}"));
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{target} {request}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// Creates a queue, and returns its URL.
    pub async fn create_queue(&self, name: &str) -> String {
        let answer = self.call("sqs", "AmazonSQS.CreateQueue", &json!({"QueueName": name})).await;
        answer["QueueUrl"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Sends messages to a queue.
    pub async fn send(&self, queue: &str, bodies: &[String]) {
        for ten in bodies.chunks(10) {
            let entries = ten.iter().enumerate().map(|(id, body)| json!({"Id": id.to_string(), "MessageBody": body}));
            let request = json!({"QueueUrl": queue, "Entries": entries.collect::<Vec<_>>()});
            let answer = self.call("sqs", "AmazonSQS.SendMessageBatch", &request).await;
            assert!(answer["Failed"].as_array().is_none_or(Vec::is_empty), "{answer}");
        }
    }

    /// How many messages are in a queue, those included that somebody has received and not deleted.
    pub async fn messages(&self, queue: &str) -> u64 {
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let request = json!({"QueueUrl": queue, "AttributeNames": names});
        let answer = self.call("sqs", "AmazonSQS.GetQueueAttributes", &request).await;
        let count = |name: &&str| answer["Attributes"][name].as_str().and_then(|count| count.parse::<u64>().ok());
        names.iter().map(|name| count(name).unwrap_or_else(|| panic!("{answer}"))).sum()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.process.tail());
        }
    }
}
