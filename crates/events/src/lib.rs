//! State changes of tuning jobs, which `EventBridge` sends to an SQS queue.
//!
//! What an event says is read by a pure function, [`state_change`]; only [`Queue`] does I/O. An event is no proof of anything:
//! whoever can write to the queue can forge one.

mod queue;
mod queue_url;
mod state_change;

pub use queue::{Message, Queue, QueueError};
pub use queue_url::{QueueUrl, WrongUrl};
pub use state_change::{Ignored, StateChange, state_change};
