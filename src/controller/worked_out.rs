//! What the passes over a selection have worked out of its spec and results, so that a pass costs what has changed, not what
//! there is. All of it can be worked out again.

use std::collections::HashMap;
use std::sync::Arc;

use kube::ResourceExt as _;
use parking_lot::Mutex;

use api::{ModelSelection, RunStatus};
use decide::derived::{Expressions, Memo};
use decide::plan::Fingerprints;
use sagemaker::JobRequest;

/// What was worked out for one generation of a selection.
#[derive(Default)]
pub(super) struct WorkedOut {
    generation: Option<i64>,
    /// The expressions of the spec.
    pub(super) expressions: Expressions,
    /// The fingerprints of its definitions.
    pub(super) fingerprints: Fingerprints,
    /// The requests of the runs that wait for a permit.
    pub(super) requests: Requests,
    /// What the derived metrics have come to. It knows by itself whether an edit concerns it.
    pub(super) derived: Memo,
}

/// What was worked out, by uid. A pass takes it out and puts it back; one that fails leaves nothing.
#[derive(Default)]
pub(super) struct AllWorkedOut(Mutex<HashMap<String, WorkedOut>>);

impl AllWorkedOut {
    /// Takes out what holds for the present generation of a selection.
    pub(super) fn take(&self, selection: &ModelSelection) -> WorkedOut {
        let before = self.0.lock().remove(&selection.uid().unwrap_or_default()).unwrap_or_default();
        let generation = selection.metadata.generation;
        if before.generation.is_some() && before.generation == generation {
            return before;
        }
        let expressions = Expressions::read(&selection.spec.derived_metrics);
        WorkedOut { generation, expressions, derived: before.derived, ..WorkedOut::default() }
    }

    pub(super) fn put_back(&self, uid: &str, worked_out: WorkedOut) {
        self.0.lock().insert(uid.to_owned(), worked_out);
    }

    pub(super) fn forget(&self, uid: &str) {
        self.0.lock().remove(uid);
    }
}

/// The requests of runs that wait for a permit, by candidate and dataset.
#[derive(Default)]
pub(super) struct Requests(HashMap<(String, String), (Option<String>, i32, Arc<JobRequest>)>);

impl Requests {
    /// The request of the run, if it was worked out for the same definition and attempt.
    pub(super) fn of(&self, run: &RunStatus) -> Option<Arc<JobRequest>> {
        let (definition, attempt, request) = self.0.get(&key(run))?;
        (*definition == run.definition && *attempt == run.attempt).then(|| request.clone())
    }

    pub(super) fn insert(&mut self, run: &RunStatus, request: Arc<JobRequest>) {
        self.0.insert(key(run), (run.definition.clone(), run.attempt, request));
    }

    /// Drops the request of a run whose job is created.
    pub(super) fn remove(&mut self, run: &RunStatus) {
        self.0.remove(&key(run));
    }
}

fn key(run: &RunStatus) -> (String, String) {
    (run.candidate.clone(), run.dataset.clone())
}
