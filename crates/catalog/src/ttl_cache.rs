//! A single-flight cache with time to live.
//!
//! A missing value is fetched once, in a task of its own. Callers wait for it up to their deadline and look again
//! later, so a slow source blocks no reconcile, and a value that arrives late is not lost.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio::time::{Instant, timeout_at};

use super::error::CatalogError;
use platform::clock;

/// How long a listing, a newest version, or the absence of a model is valid.
pub(super) const TTL: SignedDuration = SignedDuration::from_mins(10);
/// How long a fault is returned to other callers before the source is asked again.
const ERROR_TTL: SignedDuration = SignedDuration::from_secs(5);
/// How long an unused entry is kept. Every pass requests what it waits for, so older entries are not needed.
const IDLE_TTL: SignedDuration = SignedDuration::from_mins(60);

pub(super) type Fetched<T> = Result<T, CatalogError>;

/// The entry of one key: the cached value, and a lock that one fetching task holds at a time. The value can be read
/// during a fetch, without waiting. Cheap to clone.
pub(super) struct Entry<T>(Arc<Shared<T>>);

struct Shared<T> {
    cached: Mutex<Option<Cached<T>>>,
    fetching: Arc<tokio::sync::Mutex<()>>,
}

impl<T> Clone for Entry<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Entry<T> {
    fn default() -> Self {
        Self(Arc::new(Shared { cached: Mutex::default(), fetching: Arc::default() }))
    }
}

impl<T> Entry<T> {
    /// Stores a value, replacing an older one.
    pub(super) fn store(&self, cached: Cached<T>) {
        *self.0.cached.lock() = Some(cached);
    }

    /// The result of `read` on the cached value, if there is one.
    pub(super) fn read<R>(&self, read: impl FnOnce(&Cached<T>) -> Option<R>) -> Option<R> {
        self.0.cached.lock().as_ref().and_then(read)
    }
}

/// A fetched value, and when its fetch started and ended.
pub(super) struct Cached<T> {
    pub(super) started: Timestamp,
    pub(super) ended: Timestamp,
    pub(super) value: Fetched<T>,
}

impl<T> Cached<T> {
    /// Whether a value that may change is still valid.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        match &self.value {
            Ok(_) | Err(CatalogError::Problem(_)) => within(TTL, self.started, now),
            // Counted from the end: a call may take long to fail, and every waiting caller must see the fault.
            Err(CatalogError::Fault(_) | CatalogError::Pending) => within(ERROR_TTL, self.ended, now),
        }
    }

    /// Like [`Self::is_fresh`], for a caller that met a fault at `tried`: that fault is no answer to its next try.
    pub(super) fn is_fresh_after(&self, tried: Timestamp, now: Timestamp) -> bool {
        let met = matches!(self.value, Err(CatalogError::Fault(_))) && self.ended <= tried;
        !met && self.is_fresh(now)
    }
}

/// Whether less than `time` has passed.
pub(super) fn within(time: SignedDuration, since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) < time
}

/// Entries by region, model and version.
pub(super) struct TtlCache<T>(Mutex<Entries<T>>);

struct Entries<T> {
    by_key: HashMap<[String; 3], (Timestamp, Entry<T>)>,
    last_eviction: Timestamp,
}

impl<T> Default for TtlCache<T> {
    fn default() -> Self {
        Self(Mutex::new(Entries { by_key: HashMap::new(), last_eviction: Timestamp::MIN }))
    }
}

impl<T> TtlCache<T> {
    /// The entry of `key`, marked as used now. Evicts the entries that were idle for longer than [`IDLE_TTL`].
    pub(super) fn entry(&self, key: [&str; 3], now: Timestamp) -> Entry<T> {
        let mut entries = self.0.lock();
        if !within(TTL, entries.last_eviction, now) {
            entries.last_eviction = now;
            entries.by_key.retain(|_, (used, _)| within(IDLE_TTL, *used, now));
        }
        let (used, entry) = entries.by_key.entry(key.map(str::to_owned)).or_insert_with(|| (now, Entry::default()));
        *used = now;
        entry.clone()
    }
}

/// The cached value if it is `fresh`; otherwise fetches it, and waits until `until`.
pub(super) async fn get_or_fetch<T: Clone + Send + 'static>(
    entry: Entry<T>,
    fresh: impl Fn(&Cached<T>, Timestamp) -> bool,
    until: Instant,
    fetch: impl Future<Output = Fetched<T>> + Send + 'static,
) -> Fetched<T> {
    let fresh = || entry.read(|cached| fresh(cached, clock::steady()).then(|| cached.value.clone()));
    // One task fetches; other callers wait until it releases the lock.
    if let Ok(fetching) = entry.0.fetching.clone().try_lock_owned()
        && fresh().is_none()
    {
        if until <= clock::instant_now() {
            return Err(CatalogError::Pending);
        }
        let entry = entry.clone();
        tokio::spawn(async move {
            let started = clock::steady();
            let value = fetch.await;
            entry.store(Cached { started, ended: clock::steady(), value });
            drop(fetching);
        });
    }
    match timeout_at(until, entry.0.fetching.lock()).await {
        Ok(_) => fresh().unwrap_or(Err(CatalogError::Pending)),
        Err(_) => Err(CatalogError::Pending),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Reason;
    use decide::problem::Problem;
    use sagemaker::{Class, TuningError};
    use std::time::Duration;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_value_is_fresh_for_ten_minutes_and_a_fault_for_seconds() {
        let fault = TuningError { class: Class::Transient, operation: "Any", code: None, message: String::new() };
        for (value, until) in [
            (Ok(()), 600),
            (Err(CatalogError::Problem(Problem::new(Reason::UnknownModel, ""))), 600),
            // Fetched from 0 to 90.
            (Err(CatalogError::Fault(fault)), 95),
        ] {
            let cached = Cached { started: at(0), ended: at(90), value };
            assert!(cached.is_fresh(at(until - 1)), "{:?}", cached.value);
            assert!(!cached.is_fresh(at(until)), "{:?}", cached.value);
        }
    }

    #[test]
    fn a_fault_is_no_answer_to_the_try_after_it() {
        let throttled = TuningError::not_shown("a");
        let fault: Cached<()> = Cached { started: at(0), ended: at(10), value: Err(CatalogError::Fault(throttled)) };
        assert!(fault.is_fresh_after(Timestamp::MIN, at(11)), "who waits hears of it");
        assert!(fault.is_fresh_after(at(9), at(11)), "who met an earlier one");
        assert!(!fault.is_fresh_after(at(10), at(11)));
        let value = Cached { started: at(0), ended: at(10), value: Ok(()) };
        assert!(value.is_fresh_after(at(10), at(11)));
    }

    #[test]
    fn idle_entries_are_evicted_and_used_ones_are_kept() {
        let cache: TtlCache<u8> = TtlCache::default();
        let count = || cache.0.lock().by_key.len();
        let ask_for = |model: &str, minute: i64| cache.entry(["region", model, "1.0.0"], at(minute * 60));
        for n in 0..1000 {
            ask_for(&n.to_string(), n / 100);
        }
        let first = ask_for("0", 30);
        assert_eq!(count(), 1000);
        // An hour after the last request for the other entries.
        assert!(Arc::ptr_eq(&first.0, &ask_for("0", 77).0));
        assert_eq!(count(), 1);
        ask_for("new", 200);
        assert_eq!(count(), 1, "only the new one");
    }

    #[test]
    fn the_cache_holds_only_what_was_used_within_an_hour() {
        let cache: TtlCache<u8> = TtlCache::default();
        let most = (0..100_000).map(|second| {
            cache.entry(["region", &second.to_string(), "*"], at(second));
            cache.0.lock().by_key.len()
        });
        assert!(most.max().unwrap() <= 3600 + 600);
    }

    #[tokio::test]
    async fn a_value_is_fetched_once_and_a_late_one_is_stored() {
        let entry: Entry<u8> = Entry::default();
        let soon = clock::after(Duration::from_millis(20));
        let (answer, answered) = tokio::sync::oneshot::channel();
        let late = async move { Ok(answered.await.unwrap_or_default()) };
        assert!(matches!(get_or_fetch(entry.clone(), |_, _| true, soon, late).await, Err(CatalogError::Pending)));
        let never = async { panic!("fetched twice") };
        let waiting = tokio::spawn(get_or_fetch(entry.clone(), |_, _| true, soon + Duration::from_secs(60), never));
        // Reading does not wait.
        assert_eq!(entry.read(|cached| cached.value.as_ref().ok().copied()), None);
        answer.send(7).unwrap();
        assert_eq!(waiting.await.unwrap().unwrap(), 7);
        assert_eq!(entry.read(|cached| cached.value.as_ref().ok().copied()), Some(7));
    }

    #[tokio::test]
    async fn an_expired_value_is_fetched_again() {
        let entry: Entry<u8> = Entry::default();
        let until = clock::after(Duration::from_secs(60));
        for (started, expected) in [(clock::steady(), 1), (clock::steady() - TTL, 2)] {
            entry.store(Cached { started, ended: started, value: Ok(1) });
            let value = get_or_fetch(entry.clone(), Cached::is_fresh, until, async { Ok(2) }).await;
            assert_eq!(value.unwrap(), expected);
        }
    }
}
