//! The only place that reads the clock. Everything else takes the time as an argument.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Now, by the clock of the machine: for what people and other programs read. It may jump.
#[expect(clippy::disallowed_methods, reason = "this is the module that may")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

static SCALE: OnceLock<f64> = OnceLock::new();

/// Lets the operator live `scale` times faster than real time: for benches, whose `SageMaker` does too. To be called before
/// anything reads the clock.
pub fn set_scale(scale: f64) {
    let _ = SCALE.set(scale);
}

fn scale() -> f64 {
    SCALE.get().copied().unwrap_or(1.0)
}

/// Now, by a clock that only goes forward: for all that is measured or waited for. It begins as the clock of the machine at
/// the start of the process, and stays with that whatever is done to the machine's clock later. Not to be shown to people.
pub fn steady() -> Timestamp {
    static ORIGIN: OnceLock<(Timestamp, Duration)> = OnceLock::new();
    let (origin, at) = *ORIGIN.get_or_init(|| (now(), uptime()));
    origin + uptime().saturating_sub(at).mul_f64(scale())
}

/// How long a pause by the clock of [`steady`] takes.
pub fn real(pause: Duration) -> Duration {
    pause.div_f64(scale())
}

/// Waits for a pause by the clock of [`steady`].
pub async fn sleep(pause: Duration) {
    tokio::time::sleep(real(pause)).await;
}

/// The moment that is `pause` from now, for timeouts.
pub fn after(pause: Duration) -> tokio::time::Instant {
    tokio::time::Instant::now() + pause
}

/// Time since this was first asked: it only goes forward, whatever is done to the clock of the machine.
#[expect(clippy::disallowed_methods, reason = "this is the module that may")]
pub fn uptime() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}
