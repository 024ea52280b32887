//! The only place that reads the clock. Everything else takes the time as an argument.

/// Now.
#[expect(clippy::disallowed_methods, reason = "this is the module that may")]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// The moment that is `pause` from now, for timeouts.
#[expect(clippy::disallowed_methods, reason = "this is the module that may")]
pub fn after(pause: std::time::Duration) -> tokio::time::Instant {
    tokio::time::Instant::now() + pause
}
