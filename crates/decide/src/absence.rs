//! When something that SageMaker does not show counts as missing.
//!
//! The service is eventually consistent: a list, a Describe or the tags may come from a replica that lags, for seconds or
//! minutes after a change. So one answer proves nothing, and neither does time alone, since a clock may jump. Only several
//! answers over the whole consistency window do.

use std::time::Duration;

/// Consecutive answers without the thing, at least. With the pauses of [`super::retry`] they take the better part of a
/// minute, whatever a clock says.
const ANSWERS: u32 = 6;

/// The answers that did not show a thing, without one in between that did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    /// How many.
    pub answers: u32,
    /// The time from the first of them to now, on a clock that only goes forward.
    pub lasting: Duration,
}

impl Absence {
    /// Whether the thing counts as missing. `window` is how long SageMaker's answers may contradict each other.
    pub fn is_certain(self, window: Duration) -> bool {
        // A window that is shorter than the tries take is a test's, or an operator's who knows better.
        let answers = if window < Duration::from_secs(30) { 2 } else { ANSWERS };
        self.answers >= answers && self.lasting >= window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_both_several_answers_and_time() {
        let window = Duration::from_secs(300);
        for (answers, seconds, certain) in
            [(1, 0, false), (2, 300, false), (5, 3_600, false), (6, 299, false), (6, 300, true), (9, 301, true)]
        {
            let absence = Absence { answers, lasting: Duration::from_secs(seconds) };
            assert_eq!(absence.is_certain(window), certain, "{absence:?}");
        }
    }
}
