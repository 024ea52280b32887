//! The only module of the emulator that reads a clock.
//!
//! Everywhere else the time is an argument, so that the whole life of a job can be tested without waiting.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// A point in virtual time: milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Seconds since the Unix epoch, the form of every timestamp of awsJson1.1.
    #[expect(clippy::cast_precision_loss, reason = "a date needs 41 of the 53 bits")]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// The moment that many seconds later.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "saturates, which is what an absurd duration should do")]
    pub fn plus(self, seconds: f64) -> Self {
        Self(self.0.saturating_add((seconds * 1000.0).round() as i64))
    }

    /// Seconds from `earlier` to this moment; negative if this is before it.
    #[expect(clippy::cast_precision_loss, reason = "durations are far below 2^53 milliseconds")]
    pub fn since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / 1000.0
    }
}

#[derive(Debug)]
struct Setting {
    base: Moment,
    base_real: Duration,
    speed: f64,
}

/// Virtual time: real time multiplied by a speed, plus manual advances.
#[derive(Debug)]
pub struct Clock {
    started: Instant,
    setting: Mutex<Setting>,
}

impl Clock {
    /// Starts at the wall-clock time, or at `resume` if that is later (a restarted emulator must not go back).
    #[expect(clippy::disallowed_methods, reason = "this module is the clock")]
    pub fn start(speed: f64, resume: Option<Moment>) -> Self {
        let wall = Moment(jiff::Timestamp::now().as_millisecond());
        let base = resume.map_or(wall, |resumed| resumed.max(wall));
        Self { started: Instant::now(), setting: Mutex::new(Setting { base, base_real: Duration::ZERO, speed }) }
    }

    /// The current virtual time.
    pub fn now(&self) -> Moment {
        let setting = self.setting.lock();
        virtual_now(&setting, self.real())
    }

    /// Real time since the start, for rates, lags and delays.
    pub fn real(&self) -> Duration {
        self.started.elapsed()
    }

    /// Moves virtual time forward.
    pub fn advance(&self, seconds: f64) {
        let mut setting = self.setting.lock();
        setting.base = setting.base.plus(seconds.max(0.0));
    }

    /// Changes the speed from now on; virtual time itself does not jump.
    pub fn set_speed(&self, speed: f64) {
        let real = self.real();
        let mut setting = self.setting.lock();
        setting.base = virtual_now(&setting, real);
        setting.base_real = real;
        setting.speed = speed;
    }

    /// Virtual seconds per real second.
    pub fn speed(&self) -> f64 {
        self.setting.lock().speed
    }
}

fn virtual_now(setting: &Setting, real: Duration) -> Moment {
    setting.base.plus(real.saturating_sub(setting.base_real).as_secs_f64() * setting.speed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_time_runs_at_its_speed_from_the_last_change() {
        let setting = Setting { base: Moment(1_000), base_real: Duration::from_secs(2), speed: 60.0 };
        assert_eq!(virtual_now(&setting, Duration::from_secs(2)), Moment(1_000));
        assert_eq!(virtual_now(&setting, Duration::from_secs(3)), Moment(61_000));
        assert_eq!(virtual_now(&setting, Duration::from_secs(1)), Moment(1_000), "never backwards");
    }

    #[test]
    fn a_stopped_clock_only_advances_manually() {
        let clock = Clock::start(0.0, None);
        let before = clock.now();
        clock.advance(90.5);
        assert_eq!(clock.now().millis() - before.millis(), 90_500);
        clock.advance(-5.0);
        assert_eq!(clock.now().millis() - before.millis(), 90_500, "time does not go back");
    }

    #[test]
    fn time_never_goes_back_after_a_restart() {
        let late = Moment(32_503_680_000_000);
        assert_eq!(Clock::start(0.0, Some(late)).now(), late);
    }
}
