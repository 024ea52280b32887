//! State changes of tuning jobs, which `EventBridge` sends to an SQS queue.
//!
//! A pure function, [`state_change`], parses events; only [`Queue`] does I/O. Do not trust an event:
//! every client that may write to the queue can forge one.

mod queue;
mod queue_url;
mod state_change;

pub use queue::{Message, Queue, QueueError};
pub use queue_url::{QueueUrl, WrongUrl};
pub use state_change::{Ignored, StateChange, state_change};
