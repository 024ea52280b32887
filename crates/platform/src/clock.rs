//! The only place that reads the clock. Everything else takes the time as an argument.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Now.
#[expect(clippy::disallowed_methods, reason = "this is the module that may")]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// The moment that is `pause` from now, for timeouts.
pub fn after(pause: std::time::Duration) -> tokio::time::Instant {
    tokio::time::Instant::now() + pause
}

/// Time since this was first asked: it only goes forward, whatever is done to the clock of the machine.
#[expect(clippy::disallowed_methods, reason = "this is the module that may")]
pub fn uptime() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}
