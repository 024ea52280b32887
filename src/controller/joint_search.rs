//! One search for the jobs of all selections of a namespace that ask at about the same time, since many selections are
//! often applied together.

use std::collections::HashMap;
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
const SPACING: Duration = Duration::from_secs(2);
/// Most selections in one search.
const MOST: usize = 40;
/// Most jobs of a search whose tags are read one by one.
const ONE_BY_ONE: usize = 100;

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
    pub(super) name: String,
    /// Whether its status tells which jobs it has created. Otherwise their tags are read too.
    pub(super) status_is_known: bool,
}

/// The searches that have yet to start, or have just started, by scope.
pub(super) struct JointSearches {
    searches: Mutex<Searches>,
    stores: Stores,
}

#[derive(Default)]
struct Searches(HashMap<Place, Next>);

/// The selections of a search; `None` once it has started.
type Askers = Arc<Mutex<Option<Vec<Asker>>>>;

struct Next {
    askers: Askers,
    search: Search,
    begins: Instant,
}

impl JointSearches {
    /// `stores` show all selections, and so whose jobs are known.
    pub(super) fn new(stores: Stores) -> Self {
        Self { searches: Mutex::default(), stores }
    }

    /// The search that `asker` is part of. It also finds the jobs of the other selections in it.
    pub(super) fn join(&self, region: &Region, place: Place, asker: Asker) -> Search {
        let of = place.clone();
        let begin = |askers, begins| begin(region.clone(), of, askers, begins, self.stores.clone());
        self.searches.lock().join(place, asker, clock::after(Duration::ZERO), begin)
    }
}

impl Searches {
    fn join(
        &mut self,
        place: Place,
        asker: Asker,
        now: Instant,
        begin: impl FnOnce(Askers, Instant) -> Search,
    ) -> Search {
        // One that has started only determines when the next one may.
        self.0.retain(|_, next| now < next.begins + SPACING || next.askers.lock().is_some());
        if let Some(next) = self.0.get(&place)
            && let Some(askers) = next.askers.lock().as_mut().filter(|askers| askers.len() < MOST)
        {
            askers.push(asker);
            return next.search.clone();
        }
        let begins = self.0.get(&place).map_or(now, |last| now.max(last.begins + SPACING));
        let askers = Arc::new(Mutex::new(Some(vec![asker])));
        let search = begin(askers.clone(), begins);
        self.0.insert(place, Next { askers, search: search.clone(), begins });
        search
    }
}

fn begin(region: Region, place: Place, askers: Askers, begins: Instant, stores: Stores) -> Search {
    let search = async move {
        sleep_until(begins).await;
        let askers = askers.lock().take().unwrap_or_default();
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
/// is known from a status.
pub(super) async fn search(
    region: &Region,
    place: &Place,
    askers: &[Asker],
    stores: &Stores,
) -> Result<Jobs, TuningError> {
    match tagged(region, place, askers, stores).await {
        // Without the permission to search (or with a service that has no Search), previous incarnations cannot be
        // seen.
        Err(error) if matches!(error.class, Class::Denied | Class::Invalid) => {
            tracing::warn!(%error, "cannot search for jobs of a previous incarnation; the newest versions are used");
            Ok(Jobs::default())
        }
        jobs => jobs.map(Jobs::from),
    }
}

/// The selections whose statuses tell which jobs they have created.
fn creators(stores: &Stores, place: &Place, askers: &[Asker]) -> Vec<Arc<ModelSelection>> {
    let unknown: Vec<&str> = askers.iter().filter(|asker| !asker.status_is_known).map(|asker| &*asker.name).collect();
    let is_unknown = |selection: &ModelSelection| {
        selection.metadata.namespace.as_ref() == Some(&place.namespace) && unknown.contains(&&*selection.name_any())
    };
    // The jobs of a complete selection have ended: they are not among running ones.
    stores.all().filter_map(|stored| stored.if_incomplete()).filter(|selection| !is_unknown(selection)).collect()
}

/// The listing of running jobs may contain jobs that the search does not show yet: versions must not depend on one
/// response that lags behind.
async fn tagged(
    region: &Region,
    place: &Place,
    askers: &[Asker],
    stores: &Stores,
) -> Result<Vec<TaggedJob>, TuningError> {
    let names: Vec<String> = askers.iter().map(|asker| asker.name.clone()).collect();
    let tags = [(tag::SCOPE, place.scope.as_str()), (tag::NAMESPACE, place.namespace.as_str())];
    let searched = region.jobs_with_tags(&tags, tag::NAME, &names).await?;
    let beginnings: Vec<String> = names.iter().map(|name| job_name_beginning(name)).collect();
    let part = if let [only] = &beginnings[..] { only } else { JOB_NAME_PREFIX };
    let mut running = region.running_jobs(part).await?;
    // Read after the listing: the statuses then show whoever has created a job in it.
    let creators = creators(stores, place, askers);
    running.retain(|(name, _)| {
        beginnings.iter().any(|beginning| name.starts_with(beginning))
            && searched.iter().all(|job| job.name != *name)
            && !creators.iter().any(|selection| has_created(selection, &place.scope, name))
    });
    running.truncate(ONE_BY_ONE);
    let mut found = region.with_tags(running).await?;
    found.retain(|job| {
        tags.iter().all(|(key, value)| job.tag(key) == Some(value)) && names.iter().any(|n| job.is_of(n))
    });
    found.extend(searched);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker(name: &str) -> Asker {
        Asker { name: name.to_owned(), status_is_known: true }
    }

    /// Joins at `now`, and returns the selections of the search and when it begins, if a new one begins.
    fn join(searches: &mut Searches, namespace: &str, name: &str, now: Instant) -> Option<(Askers, Instant)> {
        let place = Place { region: String::new(), scope: String::new(), namespace: namespace.to_owned() };
        let mut begun = None;
        drop(searches.join(place, asker(name), now, |askers, begins| {
            begun = Some((askers, begins));
            futures::future::ready(Ok(Jobs::default())).boxed().shared()
        }));
        begun
    }

    #[test]
    fn selections_share_a_search_until_it_has_started() {
        let (mut searches, now) = (Searches::default(), clock::after(Duration::ZERO));
        let (askers, begins) = join(&mut searches, "a", "one", now).unwrap();
        assert_eq!(begins, now);
        assert!(join(&mut searches, "a", "two", now).is_none());
        assert!(join(&mut searches, "b", "other", now).is_some(), "another namespace");
        assert_eq!(askers.lock().take().unwrap(), ["one", "two"].map(asker));
        let (_, begins) = join(&mut searches, "a", "three", now + SPACING / 2).unwrap();
        assert_eq!(begins, now + SPACING, "the next one waits");
    }

    #[test]
    fn a_search_that_has_started_is_forgotten() {
        let (mut searches, now) = (Searches::default(), clock::after(Duration::ZERO));
        for namespace in ["a", "b"] {
            let (askers, _) = join(&mut searches, namespace, "one", now).unwrap();
            askers.lock().take();
        }
        let (askers, _) = join(&mut searches, "late", "one", now).unwrap();
        join(&mut searches, "c", "one", now + SPACING);
        let mut left: Vec<&str> = searches.0.keys().map(|place| place.namespace.as_str()).collect();
        left.sort_unstable();
        assert_eq!(left, ["c", "late"], "the one that has yet to start stays");
        assert_eq!(askers.lock().as_deref(), Some([asker("one")].as_slice()));
    }
}
