//! Jobs of a previous incarnation of a selection: of the same name, before it was deleted, or before its status or its cluster
//! was lost. They are found by the tags, with one search for each selection whose status begins from nothing.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use jiff::Timestamp;
use kube::ResourceExt as _;
use tracing::Instrument as _;

use super::pass::Pass;
use api::{ModelSelection, ModelSelectionStatus, RunStatus, SupersededJob};
use catalog::CatalogError;
use decide::identity::{Identity, tag};
use decide::incarnation::{TaggedJob, orphans};
use platform::clock;
use sagemaker::{Class, Operation, Region, TuningError};

/// The jobs with the tags of a selection, newest first.
pub(super) type Jobs = std::sync::Arc<[TaggedJob]>;
/// A search, which goes on when a pass has no time to wait for it.
type Search = Shared<BoxFuture<'static, Result<Jobs, TuningError>>>;

/// How long the resolved versions of a deleted selection are kept. Search shows new jobs after seconds to minutes; who
/// applies the manifest again within that time means the same models.
const VERSIONS_KEPT: Duration = Duration::from_secs(3_600);

/// The searches of all selections, by uid, and what is kept of deleted ones.
#[derive(Default)]
pub(super) struct Incarnations(Mutex<State>);

#[derive(Default)]
struct State {
    searches: HashMap<String, Search>,
    /// Selections whose status began from nothing, and whose orphans have not been looked for.
    begun: HashSet<String>,
    /// The runs of deleted selections, by namespace and name.
    deleted: HashMap<(String, String), (Timestamp, ModelSelectionStatus)>,
}

impl Incarnations {
    /// Notes a selection whose status begins from nothing.
    pub(super) fn begin(&self, uid: &str) {
        self.lock().begun.insert(uid.to_owned());
    }

    /// Whether orphans of the selection have yet to be looked for.
    pub(super) fn has_begun(&self, uid: &str) -> bool {
        self.lock().begun.contains(uid)
    }

    fn search(&self, uid: &str, search: impl FnOnce() -> Search) -> Search {
        self.lock().searches.entry(uid.to_owned()).or_insert_with(search).clone()
    }

    /// Drops the answer: a later question is asked anew.
    pub(super) fn drop_answer(&self, uid: &str) {
        self.lock().searches.remove(uid);
    }

    fn end(&self, uid: &str) {
        self.lock().begun.remove(uid);
    }

    /// Keeps what a deleted selection was, for a while.
    pub(super) fn keep(&self, selection: &ModelSelection) {
        let Some(status) = selection.status.clone().filter(|status| !status.runs.is_empty()) else { return };
        let status = ModelSelectionStatus { conditions: Vec::new(), fronts: Vec::new(), ..status };
        let (key, now) = (key(selection), clock::steady());
        let mut state = self.lock();
        state.deleted.retain(|_, (deleted, _)| now < *deleted + VERSIONS_KEPT);
        state.deleted.insert(key, (now, status));
    }

    /// The status that a deleted selection of the same name had.
    pub(super) fn deleted(&self, selection: &ModelSelection) -> Option<ModelSelectionStatus> {
        let state = self.lock();
        let (deleted, status) = state.deleted.get(&key(selection))?;
        (clock::steady() < *deleted + VERSIONS_KEPT).then(|| status.clone())
    }

    /// Forgets a selection that has gone.
    pub(super) fn forget(&self, uid: &str) {
        let mut state = self.lock();
        state.searches.remove(uid);
        state.begun.remove(uid);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(selection: &ModelSelection) -> (String, String) {
    (selection.namespace().unwrap_or_default(), selection.name_any())
}

/// The jobs of previous incarnations. Waits until `until` and no longer.
pub(super) async fn jobs(pass: &Pass<'_>, until: tokio::time::Instant) -> Result<Jobs, CatalogError> {
    let run = RunStatus::default();
    let identity = pass.identity(&run);
    let wanted = tags_of(&identity);
    let (region, wake, object) = (pass.region.clone(), pass.ctx.wake.clone(), pass.object.clone());
    let search = || {
        let search = async move {
            let jobs = search(&region, &wanted).await;
            // The receiver lives as long as the controller.
            let _ = wake.send(object);
            jobs
        };
        let searched = tokio::spawn(search.in_current_span());
        let lost = |error: tokio::task::JoinError| TuningError {
            class: Class::Transient,
            operation: Operation::Search.as_str(),
            code: None,
            message: error.to_string(),
        };
        searched.map(move |jobs| jobs.map_err(lost).flatten()).boxed().shared()
    };
    match tokio::time::timeout_at(until, pass.ctx.incarnations.search(&pass.uid, search)).await {
        Err(_) => Err(CatalogError::Pending),
        Ok(Ok(jobs)) => Ok(jobs),
        Ok(Err(error)) => {
            pass.ctx.incarnations.drop_answer(&pass.uid);
            Err(CatalogError::Fault(error))
        }
    }
}

fn tags_of(identity: &Identity<'_>) -> Vec<(&'static str, String)> {
    let Identity { scope, namespace, name, .. } = identity;
    [(tag::SCOPE, scope), (tag::NAMESPACE, namespace), (tag::NAME, name)]
        .map(|(key, value)| (key, (*value).to_owned()))
        .to_vec()
}

/// All jobs with those tags that pass the full check of ownership.
async fn search(region: &Region, wanted: &[(&str, String)]) -> Result<Jobs, TuningError> {
    match region.jobs_with_tags(wanted).await {
        // Without the right to search (or a service that cannot) there is no previous incarnation to be seen.
        Err(error) if matches!(error.class, Class::Denied | Class::Invalid) => {
            tracing::warn!(%error, "cannot search for jobs of a previous incarnation; the newest versions are used");
            Ok(Jobs::default())
        }
        jobs => jobs.map(Jobs::from),
    }
}

/// Finds running jobs that carry the selection's tags and that no run of it refers to, and lists them as superseded, so that
/// they are stopped. Does so once, after the status of the selection has begun from nothing.
pub(super) async fn reclaim(pass: &Pass<'_>, status: &mut ModelSelectionStatus, until: tokio::time::Instant) {
    // Who is suspended asks for nothing, until it goes on.
    if !pass.ctx.incarnations.has_begun(&pass.uid) || pass.selection.spec.suspend {
        return;
    }
    let Ok(jobs) = jobs(pass, until).await else { return };
    pass.ctx.incarnations.end(&pass.uid);
    let found = orphans(&jobs, status, |run| pass.identity(run).job_name(), pass.region.name());
    if !found.is_empty() {
        tracing::warn!(jobs = ?found.iter().map(|job| &job.tuning_job_name).collect::<Vec<_>>(),
            "tuning jobs of a previous incarnation run that the spec does not ask for any more; they are stopped");
    }
    status.superseded.extend(found);
}

/// The running jobs of a selection whose status was lost, for its deletion.
pub(super) async fn running_jobs(region: &Region, identity: &Identity<'_>) -> Result<Vec<SupersededJob>, TuningError> {
    let jobs = search(region, &tags_of(identity)).await?;
    Ok(orphans(&jobs, &ModelSelectionStatus::default(), |_| String::new(), region.name()))
}
