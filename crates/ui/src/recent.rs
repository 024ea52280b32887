//! A cache of answers with an expiry time.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;

/// Maximum number of cached answers; more concurrent callers cost more calls, not more memory.
const ANSWERS_MAX: usize = 4096;

/// Answers by their question, each cached for the same time.
pub(crate) struct Recent<K, V> {
    lasts: Duration,
    answers: Mutex<HashMap<K, (Timestamp, V)>>,
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    pub(crate) fn new(lasts: Duration) -> Self {
        Self { lasts, answers: Mutex::default() }
    }

    /// The cached answer, if it has not expired.
    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let answers = self.answers.lock();
        let (at, answer) = answers.get(key)?;
        self.is_fresh(*at, now).then(|| answer.clone())
    }

    pub(crate) fn put(&self, key: K, answer: V, now: Timestamp) {
        let mut answers = self.answers.lock();
        if answers.len() >= ANSWERS_MAX {
            answers.retain(|_, (at, _)| self.is_fresh(*at, now));
        }
        if answers.len() < ANSWERS_MAX {
            answers.insert(key, (now, answer));
        }
    }

    fn is_fresh(&self, at: Timestamp, now: Timestamp) -> bool {
        now.duration_since(at).unsigned_abs() < self.lasts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_age_and_are_not_more_than_fit() {
        let recent = Recent::new(Duration::from_secs(60));
        let at = |second| Timestamp::from_second(second).unwrap();
        recent.put(0, 'a', at(0));
        assert_eq!(recent.get(&0, at(59)), Some('a'));
        assert_eq!(recent.get(&0, at(60)), None);
        for key in 1..=ANSWERS_MAX {
            recent.put(key, 'b', at(30));
        }
        assert_eq!(recent.get(&ANSWERS_MAX, at(31)), None, "no room");
        recent.put(ANSWERS_MAX, 'c', at(61));
        assert_eq!(recent.get(&ANSWERS_MAX, at(62)), Some('c'), "the oldest made room");
    }
}
