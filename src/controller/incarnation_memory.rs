//! The memory of previous incarnations: searches for their jobs, and the statuses of deleted selections.

use std::collections::HashMap;
use std::time::Duration;

use futures::FutureExt as _;
use jiff::Timestamp;
use kube::ResourceExt as _;
use parking_lot::Mutex;

use super::joint_search::{Jobs, Search};
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
    /// With the region of the search.
    searches: HashMap<String, (String, Search)>,
    /// Selections whose status did not tell which jobs they have, and whether their orphaned jobs have been looked for.
    looked_for: HashMap<String, bool>,
    /// The statuses of deleted selections, by namespace and name.
    deleted: HashMap<(String, String), (Timestamp, ModelSelectionStatus)>,
}

impl Incarnations {
    /// Records a selection whose status does not tell which jobs it has.
    pub(super) fn begin(&self, uid: &str) {
        self.0.lock().looked_for.insert(uid.to_owned(), false);
    }

    /// Whether the orphaned jobs of the selection have yet to be looked for.
    pub(super) fn has_begun(&self, uid: &str) -> bool {
        self.looked_for(uid) == Some(false)
    }

    /// Whether they have been looked for; `None` if this process has not begun to.
    pub(super) fn looked_for(&self, uid: &str) -> Option<bool> {
        self.0.lock().looked_for.get(uid).copied()
    }

    /// The search in a region, which begins if there is none.
    pub(super) fn search(&self, uid: &str, region: &str, search: impl FnOnce() -> Search) -> Search {
        let mut state = self.0.lock();
        // An edit of the region makes the answer of another one useless.
        if let Some((_, search)) = state.searches.get(uid).filter(|(searched, _)| searched == region) {
            return search.clone();
        }
        let search = search();
        state.searches.insert(uid.to_owned(), (region.to_owned(), search.clone()));
        search
    }

    /// Replaces the result of the search.
    pub(super) fn keep_answer(&self, uid: &str, region: &str, jobs: Jobs) {
        let answer = std::future::ready(Ok(jobs)).boxed().shared();
        self.0.lock().searches.insert(uid.to_owned(), (region.to_owned(), answer));
    }

    /// Drops the result: a later call searches again.
    pub(super) fn drop_answer(&self, uid: &str) {
        self.0.lock().searches.remove(uid);
    }

    /// Records that they have been looked for.
    pub(super) fn end(&self, uid: &str) {
        self.0.lock().looked_for.insert(uid.to_owned(), true);
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
        state.looked_for.remove(uid);
    }
}

fn key(selection: &ModelSelection) -> (String, String) {
    (selection.namespace().unwrap_or_default(), selection.name_any())
}
