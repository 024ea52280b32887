//! Reads the event queue, if there is one. An event wakes the selections that track its job.

use std::sync::Arc;
use std::time::Duration;

use super::context::Context;
use ::observe::{Change, EventOutcome};
use decide::retry::pause;
use events::{Ignored, Queue, QueueError, StateChange, state_change};
use platform::clock;

/// The name of the queue in `/readyz`.
pub const EVENT_QUEUE: &str = "event queue";
/// The pauses after a failure: the first one and the longest one. The first one also follows an answer without messages
/// that came at once, as from a server that does not know long polls.
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MOST: Duration = Duration::from_secs(30);

/// Reads the queue in an endless loop.
pub(super) async fn follow(queue: Queue, context: Arc<Context>) {
    let mut failures = 0;
    loop {
        let asked = clock::steady();
        let read = read(&queue, &context).await;
        context.observer.set_reading(read.is_ok());
        context.settings.readiness.warn(EVENT_QUEUE, read.as_ref().err().map(queue_problem));
        let error = match read {
            Ok(messages) => {
                failures = 0;
                if messages == 0 && clock::steady().duration_since(asked).unsigned_abs() < RETRY_FIRST {
                    clock::sleep(RETRY_FIRST).await;
                }
                continue;
            }
            Err(error) => error,
        };
        context.metrics.events.failed(error.operation);
        clock::sleep(pause::backoff(failures, RETRY_FIRST, RETRY_MOST)).await;
        failures += 1;
    }
}

/// The readiness warning for a queue that cannot be read.
pub fn queue_problem(error: &QueueError) -> String {
    format!("{error}; until then running tuning jobs are polled")
}

/// Processes the next messages, and deletes them: no message is needed twice. Returns their number.
async fn read(queue: &Queue, context: &Context) -> Result<usize, QueueError> {
    let messages = queue.receive().await?;
    for message in &messages {
        context.metrics.events.received(handle_message(&message.body, context));
    }
    if !messages.is_empty() {
        queue.delete(&messages).await?;
    }
    Ok(messages.len())
}

/// Handles a message, and returns its outcome.
fn handle_message(body: &str, context: &Context) -> &'static str {
    let StateChange { region, job, ended } = match state_change(body) {
        Ok(change) => change,
        Err(Ignored::Malformed) => return "malformed",
        Err(Ignored::Other) => return "other",
    };
    let change = if ended { Change::Ended } else { Change::Other };
    let outcome = context.observer.on_event(&region, &job, change);
    tracing::debug!(region, job, ?change, ?outcome, "event received");
    match outcome {
        EventOutcome::Woke => "woke",
        EventOutcome::Noted => "noted",
        EventOutcome::Unknown => "unknown",
    }
}
