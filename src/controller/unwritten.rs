//! Progress that is not written yet. Jobs that started to run and training jobs that ended do not justify a write each:
//! they wait until something else must be written, or until they have waited long enough. Names of jobs that may have
//! been created are written before, so a process that dies meanwhile loses nothing.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;

use api::ModelSelectionStatus;
use decide::progress::Progress;

/// For how many longest pauses counts of training jobs wait: they change all the time, and a job that has ended shows
/// the final ones.
const PAUSES_OF_COUNTS: u32 = 3;

/// Progress that is not written yet, by uid.
pub(super) struct Unwritten {
    pause: Duration,
    of: Mutex<HashMap<String, Option<Kept>>>,
}

struct Kept {
    /// The status that would be written now.
    status: ModelSelectionStatus,
    /// When it is written at the latest.
    due: Timestamp,
}

impl Unwritten {
    /// Progress waits for a `pause` at most, counts of training jobs for three.
    pub(super) fn new(pause: Duration) -> Self {
        Self { pause, of: Mutex::default() }
    }

    /// Keeps progress until it is due. Returns false if it is due now: this process has not written anything about the
    /// selection, or earlier progress has waited long enough.
    pub(super) fn keep(&self, uid: &str, progress: Progress, status: &ModelSelectionStatus, now: Timestamp) -> bool {
        let pause = match progress {
            Progress::Started => self.pause,
            Progress::Counted => PAUSES_OF_COUNTS * self.pause,
        };
        let mut all = self.of.lock();
        let Some(kept) = all.get_mut(uid) else { return false };
        let due = kept.as_ref().map_or(now + pause, |kept| kept.due.min(now + pause));
        if due > now {
            *kept = Some(Kept { status: status.clone(), due });
        }
        due > now
    }

    /// The status with the progress that is not written yet.
    pub(super) fn status(&self, uid: &str) -> Option<ModelSelectionStatus> {
        self.of.lock().get(uid)?.as_ref().map(|kept| kept.status.clone())
    }

    /// The time until progress must be written, if there is any.
    pub(super) fn due(&self, uid: &str, now: Timestamp) -> Option<Duration> {
        let all = self.of.lock();
        let kept = all.get(uid)?.as_ref()?;
        Some(Duration::try_from(kept.due.duration_since(now)).unwrap_or_default())
    }

    /// Notes that the status was written.
    pub(super) fn written(&self, uid: &str) {
        self.of.lock().insert(uid.to_owned(), None);
    }

    /// Drops progress that is not written yet.
    pub(super) fn drop_progress(&self, uid: &str) {
        if let Some(kept) = self.of.lock().get_mut(uid) {
            *kept = None;
        }
    }

    /// Forgets a selection.
    pub(super) fn forget(&self, uid: &str) {
        self.of.lock().remove(uid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn progress_waits_for_a_pause_and_counts_for_three() {
        use Progress::{Counted, Started};
        let unwritten = Unwritten::new(Duration::from_secs(30));
        let status = ModelSelectionStatus { progress: Some("1/2".to_owned()), ..Default::default() };
        assert!(!unwritten.keep("a", Started, &status, at(0)), "nothing was written yet");
        unwritten.written("a");
        assert_eq!(unwritten.due("a", at(1)), None);
        assert!(unwritten.keep("a", Counted, &status, at(1)));
        assert_eq!(unwritten.status("a"), Some(status.clone()));
        assert_eq!(unwritten.due("a", at(10)), Some(Duration::from_secs(81)));
        assert_eq!(unwritten.due("a", at(100)), Some(Duration::ZERO));
        assert!(unwritten.keep("a", Started, &status, at(11)));
        assert_eq!(unwritten.due("a", at(11)), Some(Duration::from_secs(30)), "the earlier of both");
        assert!(unwritten.keep("a", Counted, &status, at(40)));
        assert!(!unwritten.keep("a", Started, &status, at(41)), "more progress does not postpone the write");
        unwritten.written("a");
        assert_eq!(unwritten.status("a"), None);
        assert!(unwritten.keep("a", Started, &status, at(1_000)), "it waits from when it is seen");
        unwritten.drop_progress("a");
        assert_eq!((unwritten.status("a"), unwritten.due("a", at(1_000))), (None, None));
    }
}
