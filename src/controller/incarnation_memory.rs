//! The memory of previous incarnations: searches for their jobs, and the statuses of deleted selections.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt as _;
use parking_lot::Mutex;

use super::joint_search::Search;
use api::{ModelSelection, ModelSelectionStatus};
use platform::clock;

/// How long the resolved versions of a deleted selection are kept. Search shows new jobs after seconds to minutes; a
/// user who applies the manifest again within that time means the same models.
const VERSIONS_KEPT: Duration = Duration::from_secs(3_600);

/// The searches of all selections, by uid, and the statuses of deleted selections.
#[derive(Default)]
pub(super) struct Incarnations(Mutex<State>);

#[derive(Default)]
struct State {
    searches: HashMap<String, Search>,
    /// Selections that started with an empty status, or with one of another client, and whose orphaned jobs have not been
    /// looked for. With the time of their start, if the status had one.
    begun: HashMap<String, Option<Time>>,
    /// The statuses of deleted selections, by namespace and name.
    deleted: HashMap<(String, String), (Timestamp, ModelSelectionStatus)>,
}

impl Incarnations {
    /// Records a selection whose status does not tell which jobs it has.
    pub(super) fn begin(&self, uid: &str, start_time: Option<&Time>) {
        self.0.lock().begun.entry(uid.to_owned()).or_insert_with(|| start_time.cloned());
    }

    /// Whether the orphaned jobs of the selection have yet to be looked for.
    pub(super) fn has_begun(&self, uid: &str) -> bool {
        self.0.lock().begun.contains_key(uid)
    }

    pub(super) fn search(&self, uid: &str, search: impl FnOnce() -> Search) -> Search {
        self.0.lock().searches.entry(uid.to_owned()).or_insert_with(search).clone()
    }

    /// Drops the result: a later call searches again.
    pub(super) fn drop_answer(&self, uid: &str) {
        self.0.lock().searches.remove(uid);
    }

    /// Records that its orphaned jobs have been looked for. Returns the time of its start, if the status had one.
    pub(super) fn end(&self, uid: &str) -> Option<Time> {
        self.0.lock().begun.remove(uid)?
    }

    /// Keeps the status of a deleted selection for a while.
    pub(super) fn keep(&self, selection: &ModelSelection) {
        let Some(status) = selection.status.clone().filter(|status| !status.runs.is_empty()) else { return };
        let status = ModelSelectionStatus { conditions: Vec::new(), fronts: Vec::new(), ..status };
        let (key, now) = (key(selection), clock::steady());
        let mut state = self.0.lock();
        state.deleted.retain(|_, (deleted, _)| now < *deleted + VERSIONS_KEPT);
        state.deleted.insert(key, (now, status));
    }

    /// The status that a deleted selection of the same name had.
    pub(super) fn deleted(&self, selection: &ModelSelection) -> Option<ModelSelectionStatus> {
        let state = self.0.lock();
        let (deleted, status) = state.deleted.get(&key(selection))?;
        (clock::steady() < *deleted + VERSIONS_KEPT).then(|| status.clone())
    }

    /// Forgets a selection that has gone.
    pub(super) fn forget(&self, uid: &str) {
        let mut state = self.0.lock();
        state.searches.remove(uid);
        state.begun.remove(uid);
    }
}

fn key(selection: &ModelSelection) -> (String, String) {
    (selection.namespace().unwrap_or_default(), selection.name_any())
}
