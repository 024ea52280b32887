//! Settings of the controller.

use std::sync::Arc;
use std::time::Duration;

use catalog::SourceKind;
use events::Queue;
use observe::Pauses;
use platform::readiness::Readiness;
use store::Stores;
use tokio::sync::watch;

/// The settings of the controller.
pub struct Settings {
    /// The name of the cluster, part of the identity of tuning jobs.
    pub scope: String,
    /// The source of model descriptions.
    pub catalog: SourceKind,
    /// The namespaces to watch; all when empty.
    pub namespaces: Vec<String>,
    /// Number of selections to reconcile concurrently.
    pub concurrency: u16,
    /// Concurrency limit of tuning jobs per region, over all selections.
    pub max_tuning_jobs: usize,
    /// Pauses between polls.
    pub pauses: Pauses,
    /// How long the deletion of a selection waits for AWS to stop its jobs.
    pub deletion_deadline: Duration,
    /// How long SageMaker's responses may contradict each other. Before it has passed, nothing counts as missing.
    pub consistency_window: Duration,
    /// The queue of events, if there is one.
    pub queue: Option<Queue>,
    /// Warnings and missing parts shown by `/readyz`.
    pub readiness: Arc<Readiness>,
    /// Publishes the stores of the watches.
    pub stores_publisher: StoresPublisher,
}

/// Publishes the stores of the watches to readers; marked as changed with each change of a selection.
pub type StoresPublisher = Arc<watch::Sender<Stores>>;

/// The longest time for which a usually transient cause is reported as transient.
const GRACE_MOST: Duration = Duration::from_secs(120);

impl Settings {
    /// How long a usually transient refusal (such as of a new role) needs no user action.
    pub(super) fn grace(&self) -> Duration {
        self.consistency_window.min(GRACE_MOST)
    }
}
