//! The queue, through the AWS SDK.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{Builder, Region};
use aws_sdk_sqs::error::{BuildError, DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;

use super::queue_url::QueueUrl;

/// SQS's maximum number of messages per call, and its maximum wait time in seconds.
const BATCH: i32 = 10;
const LONG_POLL: i32 = 20;
/// The visibility timeout in seconds: how long a received message is hidden from other readers unless it is deleted.
const INVISIBLE: i32 = 30;
/// The timeout of a connection, and of a call, which may wait for messages.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// The operation that receives messages.
const RECEIVE: &str = "ReceiveMessage";
/// AWS's error codes for a missing permission, and for a queue that does not exist.
const DENIED: [&str; 2] = ["AccessDenied", "AccessDeniedException"];
const NO_QUEUE: [&str; 2] = ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"];
/// The maximum length of a message of AWS in an error, in bytes.
const LONGEST_MESSAGE: usize = 300;

/// A queue to read.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: QueueUrl,
}

/// A message. SQS delivers it again unless it is deleted.
#[derive(Clone, Debug)]
pub struct Message {
    /// The body.
    pub body: String,
    receipt: String,
}

/// A call to the queue that failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{operation} failed: {message}; {remedy}")]
pub struct QueueError {
    /// The operation.
    pub operation: &'static str,
    message: String,
    remedy: &'static str,
}

impl Queue {
    /// The queue of that URL, with the credentials of `config`; and its region, if the URL does not contain one.
    pub fn new(config: &SdkConfig, url: QueueUrl) -> Self {
        let builder = Builder::from(config).endpoint_url(url.endpoint());
        let builder = match url.region() {
            Some(region) => builder.region(Region::new(region.to_owned())),
            None => builder,
        };
        // The read loop retries.
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_timeout(CALL_TIMEOUT);
        let config = builder.retry_config(RetryConfig::disabled()).timeout_config(timeouts.build()).build();
        Self { client: Client::from_conf(config), url }
    }

    /// The next messages, as soon as there are any; none after 20 seconds.
    ///
    /// # Errors
    /// The problem with the queue, and the remedy.
    pub async fn receive(&self) -> Result<Vec<Message>, QueueError> {
        let ask = self.client.receive_message().queue_url(self.url.to_string());
        let ask = ask.max_number_of_messages(BATCH).wait_time_seconds(LONG_POLL).visibility_timeout(INVISIBLE);
        let answer = ask.send().await.map_err(|error| failed(RECEIVE, &error))?;
        let messages = answer.messages.unwrap_or_default().into_iter();
        Ok(messages
            .filter_map(|m| Some(Message { body: m.body.unwrap_or_default(), receipt: m.receipt_handle? }))
            .collect())
    }

    /// Checks that messages can be received, with the permission that [`Self::receive`] needs. It hides no message: the
    /// next reader receives the same ones.
    ///
    /// # Errors
    /// The problem with the queue, and the remedy.
    pub async fn check(&self) -> Result<(), QueueError> {
        // Without these, the queue's own settings would apply, which wait and hide.
        let ask = self.client.receive_message().wait_time_seconds(0).visibility_timeout(0);
        let ask = ask.queue_url(self.url.to_string()).max_number_of_messages(1);
        ask.send().await.map(drop).map_err(|error| failed(RECEIVE, &error))
    }

    /// Deletes messages that were received together.
    ///
    /// # Errors
    /// The problem with the queue, and the remedy. SQS delivers the messages again.
    pub async fn delete(&self, messages: &[Message]) -> Result<(), QueueError> {
        const OPERATION: &str = "DeleteMessageBatch";
        let entry = |(index, message): (usize, &Message)| {
            DeleteMessageBatchRequestEntry::builder().id(index.to_string()).receipt_handle(&message.receipt).build()
        };
        let entries: Result<Vec<_>, BuildError> = messages.iter().enumerate().map(entry).collect();
        let entries = entries.map_err(|error| wrong(OPERATION, &error.to_string(), None))?;
        let ask = self.client.delete_message_batch().queue_url(self.url.to_string()).set_entries(Some(entries));
        let answer = ask.send().await.map_err(|error| failed(OPERATION, &error))?;
        match answer.failed.first() {
            Some(first) => Err(wrong(OPERATION, first.message().unwrap_or("no message"), Some(first.code()))),
            None => Ok(()),
        }
    }
}

fn failed<E, R>(operation: &'static str, error: &SdkError<E, R>) -> QueueError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    match error.as_service_error() {
        Some(service) => wrong(operation, service.message().unwrap_or("no message"), service.code()),
        // After the readable messages, the SDK appends a debug dump of the error.
        None => wrong(operation, DisplayErrorContext(error).to_string().split(" (").next().unwrap_or_default(), None),
    }
}

fn wrong(operation: &'static str, message: &str, code: Option<&str>) -> QueueError {
    let is = |codes: [&str; 2]| code.is_some_and(|code| codes.contains(&code));
    let remedy = match code {
        _ if is(DENIED) => "attach the policy deploy/iam/operator-events.json to the operator's role",
        _ if is(NO_QUEUE) => "set --events-queue-url to the URL of a queue that exists (deploy/events creates one)",
        Some(_) => "see the message of AWS",
        None => "check the network, DNS and --events-queue-url",
    };
    let message = code.map_or_else(|| message.to_owned(), |code| format!("{code}: {message}"));
    QueueError { operation, message: api::message(&message, LONGEST_MESSAGE), remedy }
}
