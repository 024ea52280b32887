//! State changes as `EventBridge` tells them, sent to a queue or an HTTP endpoint.

pub mod event;
pub mod sender;
pub mod watcher;
