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

/// The searches that have yet to start, by scope.
#[derive(Default)]
pub(super) struct JointSearches(Mutex<HashMap<Place, Next>>);

struct Next {
    /// The selections; `None` once the search has started.
    names: Arc<Mutex<Option<Vec<String>>>>,
    search: Search,
    begins: Instant,
}

impl JointSearches {
    /// The search that `name` is part of. It also finds the jobs of the other selections in it.
    pub(super) fn join(&self, region: &Region, place: Place, name: &str) -> Search {
        let mut all = self.0.lock();
        if let Some(next) = all.get(&place)
            && let Some(names) = next.names.lock().as_mut().filter(|names| names.len() < MOST)
        {
            names.push(name.to_owned());
            return next.search.clone();
        }
        let now = clock::after(Duration::ZERO);
        let begins = all.get(&place).map_or(now, |last| now.max(last.begins + SPACING));
        let names = Arc::new(Mutex::new(Some(vec![name.to_owned()])));
        let search = begin(region.clone(), place.clone(), names.clone(), begins);
        all.insert(place, Next { names, search: search.clone(), begins });
        search
    }
}

fn begin(region: Region, place: Place, names: Arc<Mutex<Option<Vec<String>>>>, begins: Instant) -> Search {
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
