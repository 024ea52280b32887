//! When something that SageMaker does not show counts as missing.
//!
//! The service is eventually consistent: for seconds or minutes after a change, a list, a Describe or the tags may come
//! from a replica that lags behind. So a single response proves nothing. Elapsed time alone proves nothing either,
//! because a clock may jump. Something counts as missing only after several responses over the whole consistency
//! window.

use std::time::Duration;

use jiff::Timestamp;

/// Fewest consecutive responses without the object. With the pauses of [`super::retry`] they take most of a minute,
/// whatever a clock says.
const ANSWERS: u32 = 6;

/// Consecutive responses that did not show an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    /// Number of responses.
    pub answers: u32,
    /// The time since the first of them, by the monotonic clock.
    pub lasting: Duration,
}

impl Absence {
    /// Whether the object counts as missing. `window` is how long SageMaker's responses may contradict each other.
    pub fn is_certain(self, window: Duration) -> bool {
        // A shorter window than the tries take is set by a test, or by an administrator on purpose.
        let answers = if window < Duration::from_secs(30) { 2 } else { ANSWERS };
        self.answers >= answers && self.lasting >= window
    }
}

/// Counts the consecutive responses that do not show an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unseen(Option<(u32, Timestamp)>);

impl Unseen {
    /// Counts one more, at `now` by the monotonic clock.
    pub fn again(&mut self, now: Timestamp) -> Absence {
        let (answers, since) = self.0.unwrap_or((0, now));
        self.0 = Some((answers.saturating_add(1), since));
        self.until(now)
    }

    /// The responses so far, at `now` by the monotonic clock.
    pub fn until(self, now: Timestamp) -> Absence {
        let (answers, since) = self.0.unwrap_or((0, now));
        Absence { answers, lasting: Duration::try_from(now.duration_since(since)).unwrap_or_default() }
    }

    /// The object shows.
    pub fn seen(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_counted_until_the_object_shows() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let absence = |answers, seconds| Absence { answers, lasting: Duration::from_secs(seconds) };
        let mut unseen = Unseen::default();
        assert_eq!(unseen.again(at(7)), absence(1, 0));
        assert_eq!(unseen.again(at(9)), absence(2, 2));
        unseen.seen();
        assert_eq!(unseen.again(at(100)), absence(1, 0));
    }

    #[test]
    fn absence_takes_both_several_responses_and_time() {
        let window = Duration::from_secs(300);
        for (answers, seconds, certain) in
            [(1, 0, false), (2, 300, false), (5, 3_600, false), (6, 299, false), (6, 300, true), (9, 301, true)]
        {
            let absence = Absence { answers, lasting: Duration::from_secs(seconds) };
            assert_eq!(absence.is_certain(window), certain, "{absence:?}");
        }
    }
}
