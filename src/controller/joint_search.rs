//! One search for the jobs of all selections of a namespace that ask at about the same time, since many selections are
//! often applied together.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};
use tracing::Instrument as _;

use decide::identity::tag;
use decide::incarnation::TaggedJob;
use decide::job_name::job_name_beginning;
use platform::clock;
use sagemaker::{Class, Operation, Region, TuningError};

/// The jobs that a search has found, newest first.
pub(super) type Jobs = Arc<[TaggedJob]>;
/// A search, which continues in the background if a pass has no time to wait for it.
pub(super) type Search = Shared<BoxFuture<'static, Result<Jobs, TuningError>>>;

/// Shortest time between two searches of a namespace: selections that ask meanwhile share the next search.
const SPACING: Duration = Duration::from_secs(2);
/// Most selections in one search.
const MOST: usize = 40;

/// The scope of a joint search.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) region: String,
    pub(super) scope: String,
    pub(super) namespace: String,
}

/// The searches that have yet to start, or have just started, by scope.
#[derive(Default)]
pub(super) struct JointSearches(Mutex<Searches>);

#[derive(Default)]
struct Searches(HashMap<Place, Next>);

/// The selections of a search; `None` once it has started.
type Names = Arc<Mutex<Option<Vec<String>>>>;

struct Next {
    names: Names,
    search: Search,
    begins: Instant,
}

impl JointSearches {
    /// The search that `name` is part of. It also finds the jobs of the other selections in it.
    pub(super) fn join(&self, region: &Region, place: Place, name: &str) -> Search {
        let of = place.clone();
        let begin = |names, begins| begin(region.clone(), of, names, begins);
        self.0.lock().join(place, name, clock::after(Duration::ZERO), begin)
    }
}

impl Searches {
    fn join(&mut self, place: Place, name: &str, now: Instant, begin: impl FnOnce(Names, Instant) -> Search) -> Search {
        // One that has started only determines when the next one may.
        self.0.retain(|_, next| now < next.begins + SPACING || next.names.lock().is_some());
        if let Some(next) = self.0.get(&place)
            && let Some(names) = next.names.lock().as_mut().filter(|names| names.len() < MOST)
        {
            names.push(name.to_owned());
            return next.search.clone();
        }
        let begins = self.0.get(&place).map_or(now, |last| now.max(last.begins + SPACING));
        let names = Arc::new(Mutex::new(Some(vec![name.to_owned()])));
        let search = begin(names.clone(), begins);
        self.0.insert(place, Next { names, search: search.clone(), begins });
        search
    }
}

fn begin(region: Region, place: Place, names: Names, begins: Instant) -> Search {
    let search = async move {
        sleep_until(begins).await;
        let names = names.lock().take().unwrap_or_default();
        search(&region, &place, &names).await
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

/// All jobs with the tags of those selections.
pub(super) async fn search(region: &Region, place: &Place, names: &[String]) -> Result<Jobs, TuningError> {
    let tags = [(tag::SCOPE, place.scope.as_str()), (tag::NAMESPACE, place.namespace.as_str())];
    match tagged(region, &tags, names).await {
        // Without the permission to search (or with a service that has no Search), previous incarnations cannot be
        // seen.
        Err(error) if matches!(error.class, Class::Denied | Class::Invalid) => {
            tracing::warn!(%error, "cannot search for jobs of a previous incarnation; the newest versions are used");
            Ok(Jobs::default())
        }
        jobs => jobs.map(Jobs::from),
    }
}

/// The listing of running jobs may contain jobs that the search does not show yet: versions must not depend on one
/// response that lags behind.
async fn tagged(region: &Region, tags: &[(&str, &str)], names: &[String]) -> Result<Vec<TaggedJob>, TuningError> {
    let searched = region.jobs_with_tags(tags, tag::NAME, names).await?;
    let beginnings: Vec<String> = names.iter().map(|name| job_name_beginning(name)).collect();
    let mut found = region.running_with_tags(&beginnings, &searched).await?;
    found.retain(|job| {
        tags.iter().all(|(key, value)| job.tag(key) == Some(value)) && names.iter().any(|n| job.is_of(n))
    });
    found.extend(searched);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Joins at `now`, and returns the selections of the search and when it begins, if a new one begins.
    fn join(searches: &mut Searches, namespace: &str, name: &str, now: Instant) -> Option<(Names, Instant)> {
        let place = Place { region: String::new(), scope: String::new(), namespace: namespace.to_owned() };
        let mut begun = None;
        drop(searches.join(place, name, now, |names, begins| {
            begun = Some((names, begins));
            futures::future::ready(Ok(Jobs::default())).boxed().shared()
        }));
        begun
    }

    #[test]
    fn selections_share_a_search_until_it_has_started() {
        let (mut searches, now) = (Searches::default(), clock::after(Duration::ZERO));
        let (names, begins) = join(&mut searches, "a", "one", now).unwrap();
        assert_eq!(begins, now);
        assert!(join(&mut searches, "a", "two", now).is_none());
        assert!(join(&mut searches, "b", "other", now).is_some(), "another namespace");
        assert_eq!(names.lock().take().unwrap(), ["one", "two"]);
        let (_, begins) = join(&mut searches, "a", "three", now + SPACING / 2).unwrap();
        assert_eq!(begins, now + SPACING, "the next one waits");
    }

    #[test]
    fn a_search_that_has_started_is_forgotten() {
        let (mut searches, now) = (Searches::default(), clock::after(Duration::ZERO));
        for namespace in ["a", "b"] {
            let (names, _) = join(&mut searches, namespace, "one", now).unwrap();
            names.lock().take();
        }
        let (names, _) = join(&mut searches, "late", "one", now).unwrap();
        join(&mut searches, "c", "one", now + SPACING);
        let mut left: Vec<&str> = searches.0.keys().map(|place| place.namespace.as_str()).collect();
        left.sort_unstable();
        assert_eq!(left, ["c", "late"], "the one that has yet to start stays");
        assert_eq!(names.lock().as_deref(), Some(["one".to_owned()].as_slice()));
    }
}
