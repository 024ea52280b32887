//! Pauses after faults.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// The pause before the retry after `attempts` failures: `first`, doubled each time, up to `most`.
pub fn backoff(attempts: u32, first: Duration, most: Duration) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(attempts.min(16))).min(most)
}

/// The duration, changed by up to a fifth in a way that depends only on `key` and `salt`: clients that started together
/// must not call together, and a test must be repeatable.
pub fn jitter(duration: Duration, key: &str, salt: u64) -> Duration {
    let hash = Sha256::digest(format!("{key}/{salt}"));
    let unit = f64::from(u16::from_be_bytes([hash[0], hash[1]])) / f64::from(u16::MAX);
    duration.mul_f64(0.8 + 0.4 * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn backoff_doubles_up_to_its_bound() {
        let waits: Vec<u64> = (0..6).map(|n| backoff(n, 2 * SECOND, 30 * SECOND).as_secs()).collect();
        assert_eq!(waits, [2, 4, 8, 16, 30, 30]);
        assert_eq!(backoff(u32::MAX, SECOND, 30 * SECOND), 30 * SECOND);
    }

    #[test]
    fn jitter_stays_within_a_fifth_and_differs_by_key() {
        let values: std::collections::BTreeSet<Duration> = (0..50)
            .map(|n| jitter(10 * SECOND, "uid", n))
            .inspect(|d| assert!((8..=12).contains(&d.as_secs())))
            .collect();
        assert!(values.len() > 40);
        assert_eq!(jitter(SECOND, "a", 1), jitter(SECOND, "a", 1));
    }
}
