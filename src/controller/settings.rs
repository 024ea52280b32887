//! Settings of the controller.

use std::sync::Arc;
use std::time::Duration;

use catalog::SourceKind;
use events::Queue;
use observe::Pauses;
use platform::readiness::Readiness;

/// The settings of the controller.
pub struct Settings {
    /// The cluster, in the identity of tuning jobs.
    pub scope: String,
    /// Where models are described.
    pub catalog: SourceKind,
    /// The namespaces to watch; all when empty.
    pub namespaces: Vec<String>,
    /// Selections reconciled at a time.
    pub concurrency: u16,
    /// Tuning jobs at a time over all selections of a region.
    pub max_tuning_jobs: usize,
    /// Pauses between sweeps.
    pub pauses: Pauses,
    /// How long a deletion waits for AWS.
    pub deletion_deadline: Duration,
    /// How long answers of SageMaker may contradict each other: before it has passed, nothing counts as missing.
    pub consistency_window: Duration,
    /// The queue of events, if there is one.
    pub queue: Option<Queue>,
    /// Warnings and missing parts shown by `/readyz`.
    pub readiness: Arc<Readiness>,
}

/// The longest time for which a cause that is often transient is reported as such.
const GRACE_MOST: Duration = Duration::from_secs(120);

impl Settings {
    /// How long a refusal that is often transient (a new role) needs no user action.
    pub(super) fn grace(&self) -> Duration {
        self.consistency_window.min(GRACE_MOST)
    }
}
