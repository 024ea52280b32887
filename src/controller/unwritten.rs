//! Progress that is not written yet. Jobs that started to run and training jobs that ended do not justify a write each:
//! they wait until something else must be written, or until the pause is over. Names of jobs that may have been created
//! are written before, so a process that dies meanwhile loses nothing.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;

use api::ModelSelectionStatus;

/// Progress that is not written yet, by uid.
pub(super) struct Unwritten {
    pause: Duration,
    of: Mutex<HashMap<String, OfSelection>>,
}

struct OfSelection {
    /// When the status was written last.
    written: Timestamp,
    /// The status that would be written now.
    progress: Option<ModelSelectionStatus>,
}

impl Unwritten {
    /// Progress is written at most once per `pause`.
    pub(super) fn new(pause: Duration) -> Self {
        Self { pause, of: Mutex::default() }
    }

    /// Keeps progress until it is due. Returns false if it is due now.
    pub(super) fn keep(&self, uid: &str, progress: &ModelSelectionStatus, now: Timestamp) -> bool {
        let mut all = self.of.lock();
        let Some(of) = all.get_mut(uid).filter(|of| now < of.written + self.pause) else { return false };
        of.progress = Some(progress.clone());
        true
    }

    /// The status with the progress that is not written yet.
    pub(super) fn status(&self, uid: &str) -> Option<ModelSelectionStatus> {
        self.of.lock().get(uid)?.progress.clone()
    }

    /// The time until progress must be written, if there is any.
    pub(super) fn due(&self, uid: &str, now: Timestamp) -> Option<Duration> {
        let all = self.of.lock();
        let of = all.get(uid).filter(|of| of.progress.is_some())?;
        Some(Duration::try_from((of.written + self.pause).duration_since(now)).unwrap_or_default())
    }

    /// Notes that the status was written.
    pub(super) fn written(&self, uid: &str, now: Timestamp) {
        self.of.lock().insert(uid.to_owned(), OfSelection { written: now, progress: None });
    }

    /// Drops progress that is not written yet.
    pub(super) fn drop_progress(&self, uid: &str) {
        if let Some(of) = self.of.lock().get_mut(uid) {
            of.progress = None;
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
    fn progress_waits_until_the_pause_since_the_last_write_is_over() {
        let unwritten = Unwritten::new(Duration::from_secs(30));
        let status = ModelSelectionStatus { progress: Some("1/2".to_owned()), ..Default::default() };
        assert!(!unwritten.keep("a", &status, at(0)), "nothing was written yet");
        unwritten.written("a", at(0));
        assert_eq!(unwritten.due("a", at(1)), None);
        assert!(unwritten.keep("a", &status, at(1)));
        assert_eq!(unwritten.status("a"), Some(status.clone()));
        assert_eq!(unwritten.due("a", at(10)), Some(Duration::from_secs(20)));
        assert_eq!(unwritten.due("a", at(40)), Some(Duration::ZERO));
        assert!(!unwritten.keep("a", &status, at(30)));
        unwritten.written("a", at(30));
        assert_eq!(unwritten.status("a"), None);
        assert!(unwritten.keep("a", &status, at(59)));
        unwritten.drop_progress("a");
        assert_eq!((unwritten.status("a"), unwritten.due("a", at(59))), (None, None));
    }
}
