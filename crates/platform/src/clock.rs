//! The only module that reads the clock. Everywhere else the time is an argument.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// The wall-clock time, for people and other programs. It may jump.
#[expect(clippy::disallowed_methods, reason = "this is the module that may")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

static SCALE: OnceLock<f64> = OnceLock::new();

/// Makes the operator's clock run `scale` times faster than real time: for benchmarks, whose emulated `SageMaker` does
/// the same. Must be called before anything reads the clock.
pub fn set_scale(scale: f64) {
    let _ = SCALE.set(scale);
}

fn scale() -> f64 {
    SCALE.get().copied().unwrap_or(1.0)
}

/// The time by the monotonic clock, for everything that is measured or waited for. It starts at the wall-clock time of
/// the process's start, and is not affected by later changes of the wall clock. Not for display.
pub fn steady() -> Timestamp {
    static ORIGIN: OnceLock<(Timestamp, Duration)> = OnceLock::new();
    let (origin, at) = *ORIGIN.get_or_init(|| (now(), uptime()));
    origin + uptime().saturating_sub(at).mul_f64(scale())
}

/// The real duration of a pause by the clock of [`steady`].
pub fn real(pause: Duration) -> Duration {
    pause.div_f64(scale())
}

/// Sleeps for a pause by the clock of [`steady`].
pub async fn sleep(pause: Duration) {
    tokio::time::sleep(real(pause)).await;
}

/// Awaits a future, and returns how long it kept a thread busy: the real time of its polls, without its waits.
pub async fn busy<F: Future>(future: F) -> (F::Output, Duration) {
    let (mut future, mut busy) = (pin!(future), Duration::ZERO);
    let output = poll_fn(|context| {
        let started = uptime();
        let polled = future.as_mut().poll(context);
        busy += uptime().saturating_sub(started);
        polled
    });
    (output.await, busy)
}

/// The current instant, for timeouts.
pub fn instant_now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// The instant that is `pause` from now, for timeouts.
pub fn after(pause: Duration) -> tokio::time::Instant {
    instant_now() + pause
}

/// The monotonic time since the first call, unaffected by changes of the wall clock.
#[expect(clippy::disallowed_methods, reason = "this is the module that may")]
pub fn uptime() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}
