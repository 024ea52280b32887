//! moto, a stand-in for AWS services other than SageMaker, as a process: SQS, `CloudWatch` Logs, STS, IAM, and Service
//! Quotas with the quotas of `tests/moto/server.py`. `tests/moto/get.sh` installs it.

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
const LOG_GROUP: &str = "/aws/sagemaker/TrainingJobs";
/// The first start compiles moto's modules.
const READY_DEADLINE: Duration = Duration::from_secs(60);

/// One of the programs that moto brings; it is installed if it is not there yet.
pub fn moto_program(name: &str) -> PathBuf {
    let script = Path::new(programs::ROOT).join("tests/moto/get.sh");
    let output = Command::new(&script).stderr(Stdio::inherit()).output();
    let output = output.unwrap_or_else(|e| panic!("cannot run {}: {e}", script.display()));
    assert!(output.status.success(), "{} failed; its messages are above", script.display());
    Path::new(String::from_utf8_lossy(&output.stdout).trim()).join(name)
}

/// A running moto, which accepts any credentials. When a test panics, the end of its log is printed.
pub struct Moto {
    process: Process,
    port: FreePort,
    environment: Vec<(String, String)>,
    client: reqwest::Client,
}

impl Moto {
    /// Starts one, in which there is nothing.
    pub async fn start() -> Self {
        Self::start_with(Vec::new()).await
    }

    /// One that checks signatures and permissions after so many calls, which are for making users.
    pub async fn with_permissions(free_calls: usize) -> Self {
        Self::start_with(vec![("INITIAL_NO_AUTH_ACTION_COUNT".to_owned(), free_calls.to_string())]).await
    }

    async fn start_with(environment: Vec<(String, String)>) -> Self {
        let port = FreePort::reserve();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
        let mut moto = Self { process: Self::run(&port, &environment), port, environment, client };
        moto.await_ready().await;
        moto
    }

    /// Starts it anew on the same port, without what was in it.
    pub async fn restart(&mut self) {
        self.kill();
        self.process = Self::run(&self.port, &self.environment);
        self.await_ready().await;
    }

    fn run(port: &FreePort, environment: &[(String, String)]) -> Process {
        let script = Path::new(programs::ROOT).join("tests/moto/server.py");
        Process::start(Program {
            name: &numbered("moto"),
            binary: &moto_program("python"),
            arguments: vec![script.display().to_string(), port.number().to_string()],
            environment: environment.to_vec(),
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
        let (status, text) = self.try_call(service, target, request).await;
        assert!(status < 300, "{target} {request}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    async fn try_call(&self, service: &str, target: &str, request: &Value) -> (u16, String) {
        let call = self.request(service).header("X-Amz-Target", target);
        self.send_request(call.header("Content-Type", "application/x-amz-json-1.1").body(request.to_string())).await
    }

    /// A request to a service. moto reads the region and the service from the scope of the signature.
    fn request(&self, service: &str) -> reqwest::RequestBuilder {
        let credential = format!("Credential=AKID/20260101/us-west-2/{service}/aws4_request");
        let authorization = format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host;x-amz-date, Signature=00");
        self.client.post(self.url()).header("Authorization", authorization)
    }

    async fn send_request(&self, request: reqwest::RequestBuilder) -> (u16, String) {
        let answer =
            request.send().await.unwrap_or_else(|e| panic!("no answer of moto: {e:?}\n{}", self.process.tail()));
        let status = answer.status().as_u16();
        (status, answer.text().await.unwrap_or_else(|e| panic!("half an answer of moto: {e:?}")))
    }

    /// Makes a log stream of a training job, such as `JOB/algo-1-1234567890`.
    pub async fn create_stream(&self, name: &str) {
        let (status, answer) =
            self.try_call("logs", "Logs_20140328.CreateLogGroup", &json!({"logGroupName": LOG_GROUP})).await;
        assert!(status == 200 || answer.contains("ResourceAlreadyExists"), "{answer}");
        let stream = json!({"logGroupName": LOG_GROUP, "logStreamName": name});
        self.call("logs", "Logs_20140328.CreateLogStream", &stream).await;
    }

    /// Writes events to a stream, each with the time in seconds before now.
    pub async fn write(&self, stream: &str, events: &[(i64, &str)]) {
        let now = Timestamp::now().as_millisecond();
        let events: Vec<Value> = events
            .iter()
            .map(|(before, message)| json!({"timestamp": now - before * 1000, "message": message}))
            .collect();
        let body = json!({"logGroupName": LOG_GROUP, "logStreamName": stream, "logEvents": events});
        self.call("logs", "Logs_20140328.PutLogEvents", &body).await;
    }

    /// A call of IAM about a user.
    async fn call_iam(&self, action: &str, user: &str, more: &[(&str, &str)]) -> String {
        let fields = [("Action", action), ("Version", "2010-05-08"), ("UserName", user)];
        let fields: Vec<_> = fields.iter().chain(more).collect();
        let (status, answer) = self.send_request(self.request("iam").form(&fields)).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Gives a user the permissions of a policy.
    pub async fn allow(&self, user: &str, policy: &str) {
        self.call_iam("PutUserPolicy", user, &[("PolicyName", "policy"), ("PolicyDocument", policy)]).await;
    }

    /// Makes a user without any permission; access key id and secret.
    pub async fn create_user(&self, name: &str) -> (String, String) {
        self.call_iam("CreateUser", name, &[]).await;
        let key = self.call_iam("CreateAccessKey", name, &[]).await;
        let field = |name: &str| {
            let rest = key.split(&format!("<{name}>")).nth(1).unwrap_or_else(|| panic!("no {name} in {key}"));
            rest.split('<').next().unwrap_or_default().to_owned()
        };
        (field("AccessKeyId"), field("SecretAccessKey"))
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
