//! One search for the jobs of all new selections of a namespace, since many selections are often applied together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use kube::ResourceExt as _;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};
use tracing::Instrument as _;

use api::ModelSelection;
use decide::identity::tag;
use decide::incarnation::{TaggedJob, has_created};
use decide::job_name::{JOB_NAME_PREFIX, job_name_beginning};
use platform::clock;
use sagemaker::{Class, Operation, Region, TuningError};
use store::Stores;

/// The jobs that a search has found, newest first.
pub(super) type Jobs = Arc<[TaggedJob]>;
/// A search, which continues in the background if a pass has no time to wait for it.
pub(super) type Search = Shared<BoxFuture<'static, Result<Jobs, TuningError>>>;

/// Shortest time between two searches of a namespace: selections that ask meanwhile share the next search.
const MIN_INTERVAL: Duration = Duration::from_secs(2);
/// Most selections in one search: their names fit into one expression.
const SELECTIONS_MAX: usize = 500;
/// How long the answer for selections that were expected to ask is kept for them.
const ANSWER_TTL: Duration = Duration::from_secs(600);
/// Most jobs of a search whose tags are read one by one.
const TAG_READS_MAX: usize = 100;

/// A namespace in which one search finds the jobs of all selections: in a region, of the cluster that `scope` names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct SearchNamespace {
    pub(super) region: String,
    pub(super) scope: String,
    pub(super) namespace: String,
}

/// A selection that asks for its jobs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Requester {
    pub(super) uid: String,
    pub(super) name: String,
    /// Whether its status tells which jobs it has created. Otherwise their tags are read too.
    pub(super) status_is_known: bool,
}

/// The searches that have yet to start, or have started not long ago, by namespace.
pub(super) struct JointSearches {
    searches: Mutex<Searches>,
    stores: Stores,
    default_region: Option<String>,
}

#[derive(Default)]
struct Searches(HashMap<SearchNamespace, JointSearch>);

/// The selections of a search.
enum Group {
    /// Those that have asked. It has yet to start.
    Open(Vec<Requester>),
    /// It has started. The uids of those that were expected to ask and have not asked yet.
    Started(HashSet<String>),
}

struct JointSearch {
    group: Arc<Mutex<Group>>,
    search: Search,
    begins: Instant,
}

impl JointSearches {
    /// `stores` show all selections: which are new, and whose jobs are known.
    pub(super) fn new(stores: Stores, default_region: Option<&str>) -> Self {
        Self { searches: Mutex::default(), stores, default_region: default_region.map(str::to_owned) }
    }

    /// The search that `requester` is part of. It also finds the jobs of the other selections in it.
    pub(super) fn join(&self, region: &Region, within: SearchNamespace, requester: Requester) -> Search {
        let of = within.clone();
        let (stores, default) = (self.stores.clone(), self.default_region.clone());
        let begin = |group, begins| begin(region.clone(), of, group, begins, stores, default);
        self.searches.lock().join(within, requester, clock::instant_now(), begin)
    }
}

impl Searches {
    fn join(
        &mut self,
        within: SearchNamespace,
        requester: Requester,
        now: Instant,
        begin: impl FnOnce(Arc<Mutex<Group>>, Instant) -> Search,
    ) -> Search {
        self.0.retain(|_, joint| now < joint.begins + ANSWER_TTL || matches!(&*joint.group.lock(), Group::Open(_)));
        if let Some(joint) = self.0.get(&within) {
            match &mut *joint.group.lock() {
                Group::Open(requesters) if requesters.len() < SELECTIONS_MAX => {
                    requesters.push(requester);
                    return joint.search.clone();
                }
                // Only once: whoever asks again wants a new answer, as does one whose status another client wrote.
                Group::Started(expected) => {
                    if expected.remove(&requester.uid) && requester.status_is_known {
                        return joint.search.clone();
                    }
                }
                Group::Open(_) => {}
            }
        }
        let begins = self.0.get(&within).map_or(now, |last| now.max(last.begins + MIN_INTERVAL));
        let group = Arc::new(Mutex::new(Group::Open(vec![requester])));
        let search = begin(group.clone(), begins);
        self.0.insert(within, JointSearch { group, search: search.clone(), begins });
        search
    }
}

impl Group {
    /// Starts the search, for those that have asked and for `expected`.
    fn start(&mut self, mut expected: Vec<Requester>) -> Vec<Requester> {
        let Self::Open(requesters) = self else { return Vec::new() };
        let mut all = std::mem::take(requesters);
        expected.retain(|one| all.iter().all(|requester| requester.uid != one.uid));
        expected.truncate(SELECTIONS_MAX.saturating_sub(all.len()));
        *self = Self::Started(expected.iter().map(|one| one.uid.clone()).collect());
        all.append(&mut expected);
        all
    }
}

/// The selections that will ask as soon as they have their first pass.
fn expected(stores: &Stores, within: &SearchNamespace, default_region: Option<&str>) -> Vec<Requester> {
    let is_new = |selection: &ModelSelection| {
        let started = selection.status.as_ref().is_some_and(|status| status.start_time.is_some());
        let region = selection.spec.region.as_deref().or(default_region);
        !started
            && selection.metadata.deletion_timestamp.is_none()
            && selection.metadata.namespace.as_ref() == Some(&within.namespace)
            && region == Some(&*within.region)
    };
    let requester = |selection: Arc<ModelSelection>| Requester {
        uid: selection.uid().unwrap_or_default(),
        name: selection.name_any(),
        status_is_known: true,
    };
    stores.incomplete().filter(|selection| is_new(selection)).map(requester).collect()
}

fn begin(
    region: Region,
    within: SearchNamespace,
    group: Arc<Mutex<Group>>,
    begins: Instant,
    stores: Stores,
    default_region: Option<String>,
) -> Search {
    let search = async move {
        sleep_until(begins).await;
        let requesters = group.lock().start(expected(&stores, &within, default_region.as_deref()));
        search(&region, &within, &requesters, &stores).await
    };
    let searched = tokio::spawn(search.in_current_span());
    searched.map(|jobs| jobs.map_err(aborted).flatten()).boxed().shared()
}

/// A task that did not run to its end.
#[allow(clippy::needless_pass_by_value)] // as `map_err` calls it
pub(super) fn aborted(error: tokio::task::JoinError) -> TuningError {
    TuningError {
        class: Class::Transient,
        operation: Operation::Search.as_str(),
        code: None,
        message: error.to_string(),
    }
}

/// All jobs with the tags of those selections, except running ones that the search does not show yet and whose creator
/// is known from a status. Without a permission (or with a service that has no Search), what it would show is left out.
pub(super) async fn search(
    region: &Region,
    within: &SearchNamespace,
    requesters: &[Requester],
    stores: &Stores,
) -> Result<Jobs, TuningError> {
    let names: Vec<String> = requesters.iter().map(|requester| requester.name.clone()).collect();
    let tags = [(tag::SCOPE, within.scope.as_str()), (tag::NAMESPACE, within.namespace.as_str())];
    let Some(searched) = permitted(region.jobs_with_tags(&tags, tag::NAME, &names).await)? else {
        return Ok(Jobs::default());
    };
    let mut found = permitted(not_shown(region, within, requesters, stores, &searched).await)?.unwrap_or_default();
    found.retain(|job| {
        tags.iter().all(|(key, value)| job.tag(key) == Some(value)) && names.iter().any(|n| job.is_of(n))
    });
    found.extend(searched);
    Ok(found.into())
}

/// The answer to a call; `None` if the call is not permitted.
fn permitted<T>(answer: Result<T, TuningError>) -> Result<Option<T>, TuningError> {
    match answer {
        Err(error) if matches!(error.class, Class::Denied | Class::Invalid) => {
            tracing::warn!(%error, "cannot search for all jobs of a previous incarnation; the newest versions are used");
            Ok(None)
        }
        answer => answer.map(Some),
    }
}

/// The selections whose statuses tell which jobs they have created.
fn creators(stores: &Stores, within: &SearchNamespace, requesters: &[Requester]) -> Vec<Arc<ModelSelection>> {
    let unknown: Vec<&str> =
        requesters.iter().filter(|requester| !requester.status_is_known).map(|requester| &*requester.name).collect();
    let is_unknown = |selection: &ModelSelection| {
        selection.metadata.namespace.as_ref() == Some(&within.namespace) && unknown.contains(&&*selection.name_any())
    };
    // The jobs of a complete selection have ended: they are not among running ones.
    stores.incomplete().filter(|selection| !is_unknown(selection)).collect()
}

/// The listing of running jobs may contain jobs that the search does not show yet: versions must not depend on one
/// response that lags behind.
async fn not_shown(
    region: &Region,
    within: &SearchNamespace,
    requesters: &[Requester],
    stores: &Stores,
    searched: &[TaggedJob],
) -> Result<Vec<TaggedJob>, TuningError> {
    let beginnings: Vec<String> = requesters.iter().map(|requester| job_name_beginning(&requester.name)).collect();
    let part = if let [only] = &beginnings[..] { only } else { JOB_NAME_PREFIX };
    let mut running = region.running_jobs(part).await?;
    // Read after the listing: the statuses then show whoever has created a job in it.
    let creators = creators(stores, within, requesters);
    running.retain(|(name, _)| {
        beginnings.iter().any(|beginning| name.starts_with(beginning))
            && searched.iter().all(|job| job.name != *name)
            && !creators.iter().any(|selection| has_created(selection, &within.scope, name))
    });
    running.truncate(TAG_READS_MAX);
    region.with_tags(running).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requester(name: &str) -> Requester {
        Requester { uid: format!("uid-of-{name}"), name: name.to_owned(), status_is_known: true }
    }

    /// Joins at `now`, and returns the selections of the search and when it begins, if a new one begins.
    fn join(
        searches: &mut Searches,
        namespace: &str,
        name: &str,
        now: Instant,
    ) -> Option<(Arc<Mutex<Group>>, Instant)> {
        let within = SearchNamespace { region: String::new(), scope: String::new(), namespace: namespace.to_owned() };
        let mut begun = None;
        drop(searches.join(within, requester(name), now, |group, begins| {
            begun = Some((group, begins));
            futures::future::ready(Ok(Jobs::default())).boxed().shared()
        }));
        begun
    }

    #[test]
    fn selections_share_a_search_until_it_has_started() {
        let (mut searches, now) = (Searches::default(), clock::instant_now());
        let (group, begins) = join(&mut searches, "a", "one", now).unwrap();
        assert_eq!(begins, now);
        assert!(join(&mut searches, "a", "two", now).is_none());
        assert!(join(&mut searches, "b", "other", now).is_some(), "another namespace");
        assert_eq!(group.lock().start(Vec::new()), ["one", "two"].map(requester));
        let (_, begins) = join(&mut searches, "a", "three", now + MIN_INTERVAL / 2).unwrap();
        assert_eq!(begins, now + MIN_INTERVAL, "the next one waits");
    }

    #[test]
    fn selections_that_are_expected_to_ask_find_their_answer_once() {
        let (mut searches, now) = (Searches::default(), clock::instant_now());
        let (group, _) = join(&mut searches, "a", "one", now).unwrap();
        assert_eq!(group.lock().start(["one", "late"].map(requester).into()), ["one", "late"].map(requester));
        assert!(join(&mut searches, "a", "late", now + 2 * MIN_INTERVAL).is_none(), "it was expected");
        assert!(join(&mut searches, "a", "late", now + 2 * MIN_INTERVAL).is_some(), "it asks again");
        let (group, _) = join(&mut searches, "b", "one", now).unwrap();
        let many: Vec<Requester> = (0..2 * SELECTIONS_MAX).map(|n| requester(&n.to_string())).collect();
        assert_eq!(group.lock().start(many).len(), SELECTIONS_MAX, "an expression has room for this many");
    }

    #[test]
    fn a_search_that_has_started_is_forgotten() {
        let (mut searches, now) = (Searches::default(), clock::instant_now());
        for namespace in ["a", "b"] {
            let (group, _) = join(&mut searches, namespace, "one", now).unwrap();
            group.lock().start(Vec::new());
        }
        join(&mut searches, "late", "one", now).unwrap();
        join(&mut searches, "c", "one", now + ANSWER_TTL);
        let mut left: Vec<&str> = searches.0.keys().map(|within| within.namespace.as_str()).collect();
        left.sort_unstable();
        assert_eq!(left, ["c", "late"], "the one that has yet to start stays");
    }
}
