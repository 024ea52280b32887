//! The logs of training jobs in `CloudWatch`. A training job has a stream for each of its instances, named
//! `JOB/algo-1-1234567890`.

use std::collections::{BTreeMap, VecDeque};

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::operation::get_log_events::GetLogEventsOutput;
use aws_sdk_cloudwatchlogs::types::OutputLogEvent;
use jiff::Timestamp;

use crate::account::Account;
use crate::error::{AwsError, of};

/// The log group of all training jobs.
pub const GROUP: &str = "/aws/sagemaker/TrainingJobs";
/// The maximum number of events on a page.
const PAGE: usize = 10_000;

/// A log event of a training job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The time, in milliseconds since 1970.
    pub time: i64,
    /// The instance that wrote it, such as `algo-1`.
    pub instance: String,
    /// The text, usually one line.
    pub message: String,
}

/// The start of reading.
#[derive(Clone, Copy, Debug, Default)]
pub struct Start {
    /// Only events since this time.
    pub since: Option<Timestamp>,
    /// At most this many of the last events of each instance.
    pub tail: Option<usize>,
}

impl Account {
    /// The training jobs whose names begin with `prefix` and that have a log stream, the newest first.
    ///
    /// # Errors
    /// If a call fails; [`crate::Kind::NotFound`] if there is no log group because no training job has run here.
    pub async fn jobs_with_logs(&self, prefix: &str) -> Result<Vec<String>, AwsError> {
        let mut newest: BTreeMap<String, i64> = BTreeMap::new();
        for (stream, created) in streams(&Client::new(&self.config), prefix).await? {
            let job = stream.split('/').next().unwrap_or_default().to_owned();
            let time = newest.entry(job).or_insert(created);
            *time = created.max(*time);
        }
        let mut jobs: Vec<(String, i64)> = newest.into_iter().collect();
        jobs.sort_by_key(|(_, created)| std::cmp::Reverse(*created));
        Ok(jobs.into_iter().map(|(job, _)| job).collect())
    }

    /// The logs of a training job, from `start` on.
    pub fn job_logs(&self, training_job: &str, start: Start) -> JobLogs {
        let prefix = format!("{training_job}/");
        JobLogs { client: Client::new(&self.config), prefix, start, streams: Vec::new() }
    }
}

/// Names of the streams with a prefix, and the times of their creation.
async fn streams(client: &Client, prefix: &str) -> Result<Vec<(String, i64)>, AwsError> {
    let pages = client.describe_log_streams().log_group_name(GROUP).log_stream_name_prefix(prefix);
    let listed = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    let listed = listed.map_err(|error| of("logs:DescribeLogStreams", &error))?;
    Ok(listed.into_iter().filter_map(|s| Some((s.log_stream_name?, s.creation_time.unwrap_or_default()))).collect())
}

/// The logs of a training job, read up to now; [`JobLogs::look_again`] continues from there.
pub struct JobLogs {
    client: Client,
    prefix: String,
    start: Start,
    streams: Vec<Stream>,
}

/// The logs of one instance.
struct Stream {
    name: String,
    /// The token of the next page; `None` before the first page.
    token: Option<String>,
    read: VecDeque<Event>,
    at_end: bool,
}

impl JobLogs {
    /// Looks for new instances, and for new events of known instances. Returns the number of
    /// instances.
    ///
    /// # Errors
    /// If a call fails; [`crate::Kind::NotFound`] if there is no log group because no training job has run here.
    pub async fn look_again(&mut self) -> Result<usize, AwsError> {
        for (name, _) in streams(&self.client, &self.prefix).await? {
            if !self.streams.iter().any(|stream| stream.name == name) {
                self.streams.push(Stream { name, token: None, read: VecDeque::new(), at_end: false });
            }
        }
        self.streams.iter_mut().for_each(|stream| stream.at_end = false);
        Ok(self.streams.len())
    }

    /// The oldest event that was not returned yet; `None` if all current events were returned.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn next(&mut self) -> Result<Option<Event>, AwsError> {
        for stream in &mut self.streams {
            if stream.read.is_empty() && !stream.at_end {
                stream.fill(&self.client, self.start).await?;
            }
        }
        let filled = self.streams.iter_mut().filter(|stream| !stream.read.is_empty());
        let oldest = filled.min_by_key(|stream| stream.read.front().map(|event| event.time));
        Ok(oldest.and_then(|stream| stream.read.pop_front()))
    }
}

impl Stream {
    /// Reads the next page that has events. Empty pages may come before it.
    async fn fill(&mut self, client: &Client, start: Start) -> Result<(), AwsError> {
        if let (None, Some(tail)) = (&self.token, start.tail) {
            return self.fill_from_end(client, start, tail).await;
        }
        while self.read.is_empty() && !self.at_end {
            let page = self.page(client, start, true, None, self.token.clone()).await?;
            // At the end, the service returns the token that was sent.
            self.at_end = page.next_forward_token == self.token;
            self.token = page.next_forward_token;
            self.read = self.events(page.events);
        }
        Ok(())
    }

    /// Reads backwards until there are `tail` events, then continues after the last one.
    async fn fill_from_end(&mut self, client: &Client, start: Start, tail: usize) -> Result<(), AwsError> {
        let mut before = None;
        loop {
            let page = self.page(client, start, false, Some(tail.clamp(1, PAGE)), before.clone()).await?;
            if self.token.is_none() {
                self.token = page.next_forward_token;
            }
            let mut older = self.events(page.events);
            older.append(&mut self.read);
            self.read = older;
            if self.read.len() >= tail || page.next_backward_token == before {
                break;
            }
            before = page.next_backward_token;
        }
        let surplus = self.read.len().saturating_sub(tail);
        self.read.drain(..surplus);
        self.at_end = self.read.is_empty();
        Ok(())
    }

    async fn page(
        &self,
        client: &Client,
        start: Start,
        forward: bool,
        limit: Option<usize>,
        token: Option<String>,
    ) -> Result<GetLogEventsOutput, AwsError> {
        let asked = client
            .get_log_events()
            .log_group_name(GROUP)
            .log_stream_name(&self.name)
            .start_from_head(forward)
            .set_start_time(start.since.map(Timestamp::as_millisecond))
            .set_limit(limit.and_then(|limit| i32::try_from(limit).ok()))
            .set_next_token(token)
            .send();
        asked.await.map_err(|error| of("logs:GetLogEvents", &error))
    }

    fn events(&self, events: Option<Vec<OutputLogEvent>>) -> VecDeque<Event> {
        let event = |event: OutputLogEvent| {
            let (time, message) = (event.timestamp.unwrap_or_default(), event.message.unwrap_or_default());
            Event { time, instance: instance(&self.name).to_owned(), message }
        };
        events.into_iter().flatten().map(event).collect()
    }
}

/// `algo-1` of `JOB/algo-1-1234567890`.
fn instance(stream: &str) -> &str {
    let name = stream.rsplit('/').next().unwrap_or(stream);
    match name.rsplit_once('-') {
        Some((instance, number)) if number.len() > 3 && number.chars().all(|c| c.is_ascii_digit()) => instance,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_named_without_the_time_of_its_stream() {
        for (stream, name) in
            [("job-001/algo-1-1589012345", "algo-1"), ("job-001/algo-12", "algo-12"), ("job-001", "job-001")]
        {
            assert_eq!(instance(stream), name, "{stream}");
        }
    }
}
