//! The watched regions, which the observer and the pollers share.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kube::runtime::reflector::ObjectRef;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, mpsc};

use super::running_jobs::Snapshot;
use api::ModelSelection;

/// Wakes a selection: it is reconciled at once.
pub type Wake = mpsc::UnboundedSender<ObjectRef<ModelSelection>>;

/// The shortest and the longest pause between two polls.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    /// The shortest.
    pub min: Duration,
    /// The longest.
    pub max: Duration,
}

/// The watched regions. A region that has had no jobs for a while is dropped.
#[derive(Default)]
pub(super) struct Regions {
    watched: Mutex<HashMap<String, Arc<WatchedRegion>>>,
    /// Whether events can be received.
    reading: AtomicBool,
}

impl Regions {
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<WatchedRegion>>> {
        self.watched.lock()
    }

    pub(super) fn reading(&self) -> bool {
        self.reading.load(Ordering::Relaxed)
    }

    /// Records whether events can be received. A change affects the times of the next polls.
    pub(super) fn set_reading(&self, reading: bool) {
        if self.reading.swap(reading, Ordering::Relaxed) != reading {
            self.lock().values().for_each(|watched| watched.changed.notify_one());
        }
    }
}

#[derive(Default)]
pub(super) struct WatchedRegion {
    snapshot: Mutex<Snapshot>,
    pub(super) changed: Notify,
}

impl WatchedRegion {
    pub(super) fn snapshot(&self) -> MutexGuard<'_, Snapshot> {
        self.snapshot.lock()
    }
}
