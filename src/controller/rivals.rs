//! Notices that somebody else writes the statuses that this operator writes: a second operator with a lease of its own, or
//! a person. Whoever leads by the same lease never does.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::api::ModelSelectionStatus;

/// How long nothing more is said of a selection: two operators that correct each other must not do so without end.
const PAUSE: Duration = Duration::from_secs(600);

/// What is known of each selection's status, by uid.
#[derive(Default)]
pub(super) struct Rivals(Mutex<HashMap<String, Known>>);

struct Known {
    /// The version of the last status that is accounted for, and what it said: ours, or as it was when we came.
    version: u64,
    said: u64,
    /// What we are writing: the watch may show it before the answer comes, or though none does.
    writing: Vec<u64>,
    noticed: Option<Timestamp>,
    /// It has yet to be told.
    untold: bool,
}

impl Rivals {
    /// We are about to write that.
    pub(super) fn writing(&self, uid: &str, status: &ModelSelectionStatus) {
        let says = fingerprint(Some(status));
        if let Some(known) = self.lock().get_mut(uid).filter(|known| !known.writing.contains(&says)) {
            known.writing.push(says);
        }
    }

    /// We wrote that, which made this version.
    pub(super) fn written(&self, uid: &str, version: u64, status: &ModelSelectionStatus) {
        if let Some(known) = self.lock().get_mut(uid) {
            known.writing.clear();
            (known.version, known.said) = (version, fingerprint(Some(status)));
        }
    }

    /// The watch shows that. Whether somebody else wrote it.
    pub(super) fn notice(
        &self,
        uid: &str,
        version: u64,
        status: Option<&ModelSelectionStatus>,
        now: Timestamp,
    ) -> bool {
        let mut all = self.lock();
        let says = fingerprint(status);
        let Some(known) = all.get_mut(uid) else {
            let known = Known { version, said: says, writing: Vec::new(), noticed: None, untold: false };
            all.insert(uid.to_owned(), known);
            return false;
        };
        if version <= known.version || says == known.said || known.writing.contains(&says) {
            return false;
        }
        (known.version, known.said) = (version, says);
        if known.noticed.is_some_and(|noticed| now < noticed + PAUSE) {
            return false;
        }
        (known.noticed, known.untold) = (Some(now), true);
        true
    }

    /// Whether it has been noticed since this was asked last.
    pub(super) fn take(&self, uid: &str) -> bool {
        self.lock().get_mut(uid).is_some_and(|known| std::mem::take(&mut known.untold))
    }

    /// Forgets a selection.
    pub(super) fn forget(&self, uid: &str) {
        self.lock().remove(uid);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Instead of a copy: statuses can be large.
fn fingerprint(status: Option<&ModelSelectionStatus>) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(&serde_json::to_vec(&status).unwrap_or_default());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(progress: &str) -> ModelSelectionStatus {
        ModelSelectionStatus { progress: Some(progress.to_owned()), ..ModelSelectionStatus::default() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn what_is_not_ours_is_noticed_once_in_a_while() {
        let rivals = Rivals::default();
        let notice = |version, says: &str, second| rivals.notice("u", version, Some(&status(says)), at(second));
        assert!(!notice(9, "0/3", 0), "from before this process");
        rivals.writing("u", &status("1/3"));
        assert!(!notice(10, "1/3", 0), "our own, before its answer");
        rivals.written("u", 10, &status("1/3"));
        assert!(!notice(10, "1/3", 0), "our own");
        assert!(!notice(9, "0/3", 0), "the watch lags behind");
        assert!(!notice(11, "1/3", 0), "an edit of the spec");
        rivals.writing("u", &status("2/3"));
        rivals.writing("u", &status("3/3"));
        assert!(!notice(12, "2/3", 0), "our own, whose answer was lost");
        assert!(!notice(13, "3/3", 0), "the next one, before its answer");
        rivals.written("u", 13, &status("3/3"));
        assert!(!rivals.take("u"));

        assert!(notice(14, "9/9", 1));
        assert!(rivals.take("u") && !rivals.take("u"));
        assert!(!notice(15, "8/9", 2), "told already");
        assert!(notice(16, "9/9", 602));
        rivals.forget("u");
        assert!(!notice(17, "8/9", 2000), "another life of it");
    }

    #[test]
    fn a_status_where_there_was_none_is_somebodys() {
        let rivals = Rivals::default();
        assert!(!rivals.notice("u", 1, None, at(0)));
        assert!(!rivals.notice("u", 2, None, at(0)));
        assert!(rivals.notice("u", 3, Some(&status("0/3")), at(0)));
    }
}
