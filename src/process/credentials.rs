//! Reports whether there are AWS credentials.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use decide::retry::pause::backoff;
use platform::clock;
use platform::readiness::Readiness;
use sagemaker::Account;

/// The part in `/readyz`.
pub(super) const PART: &str = "aws credentials";
/// The pauses after a failure: the first one and the longest one.
const RETRY_FIRST: Duration = Duration::from_secs(2);
const RETRY_MOST: Duration = Duration::from_secs(60);
/// How often credentials without an end are looked for again: they may be removed.
const RECHECK: Duration = Duration::from_secs(20);
/// How long before their end credentials are looked for again.
const BEFORE_END: Duration = Duration::from_secs(300);

/// What is known of the credentials.
#[derive(Debug, Default)]
struct Known {
    /// Consecutive failures to find them.
    failures: u32,
    /// Until when those that were found last are valid; `None` if they have no end, or none were found.
    valid_until: Option<Timestamp>,
}

impl Known {
    /// Takes over what was found. Returns the state to report, which is `None` if it is still the same, and the pause
    /// until the next look. Credentials that are still valid are good enough while no new ones are found: the clients
    /// keep them too.
    fn found(
        &mut self,
        found: Result<Option<Timestamp>, String>,
        now: Timestamp,
    ) -> (Option<Result<(), String>>, Duration) {
        match found {
            Ok(end) => {
                *self = Self { failures: 0, valid_until: end };
                let left = end.and_then(|end| Duration::try_from(end.duration_since(now)).ok());
                let pause = left.map_or(RECHECK, |left| left.saturating_sub(BEFORE_END).max(RECHECK));
                (Some(Ok(())), pause)
            }
            Err(why) => {
                let pause = backoff(self.failures, RETRY_FIRST, RETRY_MOST);
                self.failures = self.failures.saturating_add(1);
                let valid = self.valid_until.is_some_and(|end| end > now);
                ((!valid).then_some(Err(why)), pause)
            }
        }
    }
}

/// Reports on credentials, continuously.
pub(super) async fn watch(account: Account, readiness: Arc<Readiness>) {
    let mut known = Known::default();
    loop {
        let (state, pause) = known.found(account.credentials().await, clock::now());
        if let Some(state) = state {
            let remedy = "use IRSA, Pod Identity or the environment";
            readiness.set(PART, state.map_err(|why| format!("{why}; {remedy}")));
        }
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_looked_for_before_their_end_and_rarely_while_there_are_none() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let none = || Err("none found".to_owned());
        let mut known = Known::default();
        let mut step = |found, second| {
            let (state, pause) = known.found(found, at(second));
            (state.map(|state| state.is_ok()), pause.as_secs())
        };
        for (found, second, expected) in [
            (none(), 0, (Some(false), 2)),
            (none(), 2, (Some(false), 4)),
            (Ok(None), 6, (Some(true), 20)),
            (none(), 26, (Some(false), 2)),
            (Ok(Some(at(3_600))), 30, (Some(true), 3_270)),
            (none(), 3_300, (None, 2)),
            (none(), 3_302, (None, 4)),
            (none(), 3_601, (Some(false), 8)),
            (Ok(Some(at(3_700))), 3_660, (Some(true), 20)),
        ] {
            assert_eq!(step(found, second), expected, "at {second}");
        }
        let longest = (0..20).map(|_| step(none(), 9_000).1).max();
        assert_eq!(longest, Some(60));
    }
}
