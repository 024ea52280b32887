//! State changes in the form of `EventBridge` events, sent to a queue or an HTTP endpoint.

pub mod event;
pub mod sender;
pub mod watcher;
