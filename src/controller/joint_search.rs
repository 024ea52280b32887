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

/// The scope of a joint search.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) region: String,
    pub(super) scope: String,
    pub(super) namespace: String,
}

/// A selection that asks for its jobs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asker {
    pub(super) uid: String,
    pub(super) name: String,
    /// Whether its status tells which jobs it has created. Otherwise their tags are read too.
    pub(super) status_is_known: bool,
}

/// The searches that have yet to start, or have started not long ago, by scope.
pub(super) struct JointSearches {
    searches: Mutex<Searches>,
    stores: Stores,
    default_region: Option<String>,
}

#[derive(Default)]
struct Searches(HashMap<Place, Next>);

/// The selections of a search.
enum Group {
    /// Those that have asked. It has yet to start.
    Open(Vec<Asker>),
    /// It has started. The uids of those that were expected to ask and have not asked yet.
    Started(HashSet<String>),
}

struct Next {
    group: Arc<Mutex<Group>>,
    search: Search,
    begins: Instant,
}

impl JointSearches {
    /// `stores` show all selections: which are new, and whose jobs are known.
    pub(super) fn new(stores: Stores, default_region: Option<&str>) -> Self {
        Self { searches: Mutex::default(), stores, default_region: default_region.map(str::to_owned) }
    }

    /// The search that `asker` is part of. It also finds the jobs of the other selections in it.
    pub(super) fn join(&self, region: &Region, place: Place, asker: Asker) -> Search {
        let of = place.clone();
        let (stores, default) = (self.stores.clone(), self.default_region.clone());
        let begin = |group, begins| begin(region.clone(), of, group, begins, stores, default);
        self.searches.lock().join(place, asker, clock::instant_now(), begin)
    }
}

impl Searches {
    fn join(
        &mut self,
        place: Place,
        asker: Asker,
        now: Instant,
        begin: impl FnOnce(Arc<Mutex<Group>>, Instant) -> Search,
    ) -> Search {
        self.0.retain(|_, next| now < next.begins + ANSWER_TTL || matches!(&*next.group.lock(), Group::Open(_)));
        if let Some(next) = self.0.get(&place) {
            match &mut *next.group.lock() {
                Group::Open(askers) if askers.len() < SELECTIONS_MAX => {
                    askers.push(asker);
                    return next.search.clone();
                }
                // Only once: whoever asks again wants a new answer, as does one whose status another client wrote.
                Group::Started(expected) => {
                    if expected.remove(&asker.uid) && asker.status_is_known {
                        return next.search.clone();
                    }
                }
                Group::Open(_) => {}
            }
        }
        let begins = self.0.get(&place).map_or(now, |last| now.max(last.begins + MIN_INTERVAL));
        let group = Arc::new(Mutex::new(Group::Open(vec![asker])));
        let search = begin(group.clone(), begins);
        self.0.insert(place, Next { group, search: search.clone(), begins });
        search
    }
}

impl Group {
    /// Starts the search, for those that have asked and for `expected`.
    fn start(&mut self, mut expected: Vec<Asker>) -> Vec<Asker> {
        let Self::Open(askers) = self else { return Vec::new() };
        let mut all = std::mem::take(askers);
        expected.retain(|one| all.iter().all(|asker| asker.uid != one.uid));
        expected.truncate(SELECTIONS_MAX.saturating_sub(all.len()));
        *self = Self::Started(expected.iter().map(|one| one.uid.clone()).collect());
        all.append(&mut expected);
        all
    }
}

/// The selections that will ask as soon as they have their first pass.
fn expected(stores: &Stores, place: &Place, default_region: Option<&str>) -> Vec<Asker> {
    let is_new = |selection: &ModelSelection| {
        let started = selection.status.as_ref().is_some_and(|status| status.start_time.is_some());
        let region = selection.spec.region.as_deref().or(default_region);
        !started
            && selection.metadata.deletion_timestamp.is_none()
            && selection.metadata.namespace.as_ref() == Some(&place.namespace)
            && region == Some(&*place.region)
    };
    let asker = |selection: Arc<ModelSelection>| Asker {
        uid: selection.uid().unwrap_or_default(),
        name: selection.name_any(),
        status_is_known: true,
    };
    stores.incomplete().filter(|selection| is_new(selection)).map(asker).collect()
}

fn begin(
    region: Region,
    place: Place,
    group: Arc<Mutex<Group>>,
    begins: Instant,
    stores: Stores,
    default_region: Option<String>,
) -> Search {
    let search = async move {
        sleep_until(begins).await;
        let askers = group.lock().start(expected(&stores, &place, default_region.as_deref()));
        search(&region, &place, &askers, &stores).await
    };
    let searched = tokio::spawn(search.in_current_span());
    searched.map(|jobs| jobs.map_err(lost).flatten()).boxed().shared()
}

/// A task that did not run to its end.
#[allow(clippy::needless_pass_by_value)] // as `map_err` calls it
pub(super) fn lost(error: tokio::task::JoinError) -> TuningError {
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
    place: &Place,
    askers: &[Asker],
    stores: &Stores,
) -> Result<Jobs, TuningError> {
    let names: Vec<String> = askers.iter().map(|asker| asker.name.clone()).collect();
    let tags = [(tag::SCOPE, place.scope.as_str()), (tag::NAMESPACE, place.namespace.as_str())];
    let Some(searched) = permitted(region.jobs_with_tags(&tags, tag::NAME, &names).await)? else {
        return Ok(Jobs::default());
    };
    let mut found = permitted(not_shown(region, place, askers, stores, &searched).await)?.unwrap_or_default();
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
fn creators(stores: &Stores, place: &Place, askers: &[Asker]) -> Vec<Arc<ModelSelection>> {
    let unknown: Vec<&str> = askers.iter().filter(|asker| !asker.status_is_known).map(|asker| &*asker.name).collect();
    let is_unknown = |selection: &ModelSelection| {
        selection.metadata.namespace.as_ref() == Some(&place.namespace) && unknown.contains(&&*selection.name_any())
    };
    // The jobs of a complete selection have ended: they are not among running ones.
    stores.incomplete().filter(|selection| !is_unknown(selection)).collect()
}

/// The listing of running jobs may contain jobs that the search does not show yet: versions must not depend on one
/// response that lags behind.
async fn not_shown(
    region: &Region,
    place: &Place,
    askers: &[Asker],
    stores: &Stores,
    searched: &[TaggedJob],
) -> Result<Vec<TaggedJob>, TuningError> {
    let beginnings: Vec<String> = askers.iter().map(|asker| job_name_beginning(&asker.name)).collect();
    let part = if let [only] = &beginnings[..] { only } else { JOB_NAME_PREFIX };
    let mut running = region.running_jobs(part).await?;
    // Read after the listing: the statuses then show whoever has created a job in it.
    let creators = creators(stores, place, askers);
    running.retain(|(name, _)| {
        beginnings.iter().any(|beginning| name.starts_with(beginning))
            && searched.iter().all(|job| job.name != *name)
            && !creators.iter().any(|selection| has_created(selection, &place.scope, name))
    });
    running.truncate(TAG_READS_MAX);
    region.with_tags(running).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker(name: &str) -> Asker {
        Asker { uid: format!("uid-of-{name}"), name: name.to_owned(), status_is_known: true }
    }

    /// Joins at `now`, and returns the selections of the search and when it begins, if a new one begins.
    fn join(
        searches: &mut Searches,
        namespace: &str,
        name: &str,
        now: Instant,
    ) -> Option<(Arc<Mutex<Group>>, Instant)> {
        let place = Place { region: String::new(), scope: String::new(), namespace: namespace.to_owned() };
        let mut begun = None;
        drop(searches.join(place, asker(name), now, |group, begins| {
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
        assert_eq!(group.lock().start(Vec::new()), ["one", "two"].map(asker));
        let (_, begins) = join(&mut searches, "a", "three", now + MIN_INTERVAL / 2).unwrap();
        assert_eq!(begins, now + MIN_INTERVAL, "the next one waits");
    }

    #[test]
    fn selections_that_are_expected_to_ask_find_their_answer_once() {
        let (mut searches, now) = (Searches::default(), clock::instant_now());
        let (group, _) = join(&mut searches, "a", "one", now).unwrap();
        assert_eq!(group.lock().start(["one", "late"].map(asker).into()), ["one", "late"].map(asker));
        assert!(join(&mut searches, "a", "late", now + 2 * MIN_INTERVAL).is_none(), "it was expected");
        assert!(join(&mut searches, "a", "late", now + 2 * MIN_INTERVAL).is_some(), "it asks again");
        let (group, _) = join(&mut searches, "b", "one", now).unwrap();
        let many: Vec<Asker> = (0..2 * SELECTIONS_MAX).map(|n| asker(&n.to_string())).collect();
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
        let mut left: Vec<&str> = searches.0.keys().map(|place| place.namespace.as_str()).collect();
        left.sort_unstable();
        assert_eq!(left, ["c", "late"], "the one that has yet to start stays");
    }
}
