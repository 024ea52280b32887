//! State changes of tuning jobs, which `EventBridge` sends to an SQS queue.
//!
//! A pure function, [`state_change`], parses events; only `Queue`, of the feature `queue`, does I/O. Do not trust an
//! event: every client that may write to the queue can forge one.

#[cfg(feature = "queue")]
mod queue;
#[cfg(feature = "queue")]
mod queue_url;
mod state_change;

#[cfg(feature = "queue")]
pub use queue::{Message, Queue, QueueError};
#[cfg(feature = "queue")]
pub use queue_url::{QueueUrl, WrongUrl};
pub use state_change::{Ignored, StateChange, state_change};
