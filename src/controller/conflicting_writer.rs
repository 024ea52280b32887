//! Conflicting writers: detects that another client writes the statuses that this operator writes, such as a second
//! operator with a Lease of its own, or a person. Replicas that elect a leader with the same Lease never conflict.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hasher as _};
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;

use api::ModelSelectionStatus;
use decide::retry::pause::backoff;

/// Shortest time between two reports of conflicting writes to one selection.
const REPORT_INTERVAL: Duration = Duration::from_secs(600);
/// The first correction follows at once, the second after this time, and each further one after twice as long, up to
/// the maximum: two operators that correct each other must not do so without pause.
const FIRST_CORRECTION_PAUSE: Duration = Duration::from_secs(1);
const CORRECTION_PAUSE_MAX: Duration = Duration::from_secs(300);

/// What is known about each selection's status, by uid.
#[derive(Default)]
pub(super) struct Writers {
    known: Mutex<HashMap<String, Known>>,
    /// Selections whose status was last written by another client when this process first saw them.
    suspects: Mutex<HashSet<String>>,
}

struct Known {
    /// The resource version of the last status that is accounted for, and its fingerprint: written by us, or as it was
    /// when this process started.
    version: u64,
    content: u64,
    /// Statuses that we are writing: the watch may show them before the response arrives, or although no response
    /// arrives.
    writing: Vec<u64>,
    /// When a conflict was last reported.
    reported: Option<Timestamp>,
    /// When another client wrote last, and how often without a pause in between.
    noticed: Option<Timestamp>,
    times: u32,
    conflict: Option<Conflict>,
    /// The resource version that another client wrote and that no pass has verified yet.
    unverified: Option<u64>,
}

/// Another client wrote the status, and that is not corrected yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    /// It has yet to be reported.
    pub(super) unreported: bool,
}

impl Writers {
    /// Another client was the last to write the status. Counts only if this process has not seen the selection yet:
    /// after that, [`Self::notice`] knows better.
    pub(super) fn suspect(&self, uid: &str) {
        if !self.known.lock().contains_key(uid) {
            self.suspects.lock().insert(uid.to_owned());
        }
    }

    /// This process is about to write this status.
    pub(super) fn writing(&self, uid: &str, status: &ModelSelectionStatus) {
        let says = fingerprint(Some(status));
        if let Some(known) = self.known.lock().get_mut(uid).filter(|known| !known.writing.contains(&says)) {
            known.writing.push(says);
        }
    }

    /// This process wrote this status, and got this resource version.
    pub(super) fn written(&self, uid: &str, version: u64, status: &ModelSelectionStatus) {
        if let Some(known) = self.known.lock().get_mut(uid) {
            known.writing.clear();
            (known.version, known.content) = (version, fingerprint(Some(status)));
        }
    }

    /// The watch shows this status. If another client wrote it, returns how soon it may be corrected.
    pub(super) fn notice(
        &self,
        uid: &str,
        version: u64,
        status: Option<&ModelSelectionStatus>,
        now: Timestamp,
    ) -> Option<Duration> {
        let mut all = self.known.lock();
        let says = fingerprint(status);
        let Some(known) = all.get_mut(uid) else {
            let writing = Vec::new();
            let known = Known {
                version,
                content: says,
                writing,
                reported: None,
                noticed: None,
                times: 0,
                conflict: None,
                unverified: None,
            };
            // A status that another client wrote before this process started is not trusted until it is verified.
            let suspect = self.suspects.lock().remove(uid);
            let conflict = suspect.then_some(Conflict { unreported: true });
            let unverified = suspect.then_some(version);
            all.insert(uid.to_owned(), Known { conflict, unverified, ..known });
            return None;
        };
        if version <= known.version || says == known.content || known.writing.contains(&says) {
            return None;
        }
        (known.version, known.content, known.unverified) = (version, says, Some(version));
        let long_ago = |time: Option<Timestamp>| time.is_none_or(|time| now >= time + REPORT_INTERVAL);
        let times = if long_ago(known.noticed) { 0 } else { known.times };
        let unreported = long_ago(known.reported);
        known.reported = if unreported { Some(now) } else { known.reported };
        (known.noticed, known.times) = (Some(now), times + 1);
        known.conflict =
            Some(Conflict { unreported: unreported || known.conflict.is_some_and(|conflict| conflict.unreported) });
        Some(
            times
                .checked_sub(1)
                .map_or(Duration::ZERO, |times| backoff(times, FIRST_CORRECTION_PAUSE, CORRECTION_PAUSE_MAX)),
        )
    }

    /// The conflict since the last call, if there was one.
    pub(super) fn take(&self, uid: &str) -> Option<Conflict> {
        self.known.lock().get_mut(uid)?.conflict.take()
    }

    /// The resource version that another client has written, until a pass that started with it has succeeded.
    pub(super) fn unverified(&self, uid: &str) -> Option<u64> {
        self.known.lock().get(uid)?.unverified
    }

    /// Records that a pass has verified that version. Later versions are still unverified.
    pub(super) fn verified(&self, uid: &str, version: u64) {
        if let Some(known) = self.known.lock().get_mut(uid) {
            known.unverified = known.unverified.filter(|unverified| *unverified > version);
        }
    }

    /// Forgets a selection.
    pub(super) fn forget(&self, uid: &str) {
        self.known.lock().remove(uid);
    }
}

/// A hash instead of a copy, because statuses can be large.
fn fingerprint(status: Option<&ModelSelectionStatus>) -> u64 {
    let mut hashing = Hashing(DefaultHasher::new());
    // Neither serializing a status nor the hasher can fail.
    let _ = serde_json::to_writer(&mut hashing, &status);
    hashing.0.finish()
}

/// Hashes what is written to it.
struct Hashing(DefaultHasher);

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
    fn foreign_writes_are_reported_at_most_once_per_pause() {
        let writers = Writers::default();
        let notice = |version, says: &str, second| {
            let soon = writers.notice("u", version, Some(&status(says)), at(second));
            soon.map(|soon| soon.as_secs())
        };
        assert_eq!(notice(9, "0/3", 0), None, "written before this process started");
        writers.writing("u", &status("1/3"));
        assert_eq!(notice(10, "1/3", 0), None, "our own write, before its response");
        writers.written("u", 10, &status("1/3"));
        assert_eq!(notice(10, "1/3", 0), None, "our own");
        assert_eq!(notice(9, "0/3", 0), None, "the watch lags behind");
        assert_eq!(notice(11, "1/3", 0), None, "an edit of the spec");
        writers.writing("u", &status("2/3"));
        writers.writing("u", &status("3/3"));
        assert_eq!(notice(12, "2/3", 0), None, "our own write, whose response was lost");
        assert_eq!(notice(13, "3/3", 0), None, "the next one, before its response");
        writers.written("u", 13, &status("3/3"));
        assert_eq!(writers.take("u"), None);

        assert_eq!(notice(14, "9/9", 1), Some(0));
        assert_eq!((writers.take("u"), writers.take("u")), (Some(Conflict { unreported: true }), None));
        assert_eq!(notice(15, "8/9", 2), Some(1), "corrected anyway");
        assert_eq!(writers.take("u"), Some(Conflict { unreported: false }), "already reported");
        assert_eq!(notice(16, "7/9", 3), Some(2));
        assert_eq!(notice(17, "9/9", 604), Some(0));
        assert_eq!(writers.take("u"), Some(Conflict { unreported: true }));
        writers.forget("u");
        assert_eq!(notice(18, "8/9", 2000), None, "a new incarnation");
    }

    #[test]
    fn a_foreign_write_stays_unverified_until_a_pass_succeeds() {
        let writers = Writers::default();
        writers.suspect("u");
        writers.notice("u", 5, Some(&status("9/9")), at(0));
        assert_eq!((writers.unverified("u"), writers.unverified("u")), (Some(5), Some(5)), "a pass may fail");
        writers.notice("u", 6, Some(&status("8/9")), at(1));
        writers.verified("u", 5);
        assert_eq!(writers.unverified("u"), Some(6), "written during the pass");
        writers.verified("u", 6);
        assert_eq!(writers.unverified("u"), None);
    }

    #[test]
    fn a_status_where_there_was_none_is_a_foreign_write() {
        let writers = Writers::default();
        assert_eq!(writers.notice("u", 1, None, at(0)), None);
        assert_eq!(writers.notice("u", 2, None, at(0)), None);
        assert_eq!(writers.notice("u", 3, Some(&status("0/3")), at(0)), Some(Duration::ZERO));
    }
}
