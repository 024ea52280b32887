//! The concurrency limiter for tuning jobs over all selections: who holds how many permits, who waits, and what SageMaker has
//! refused.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use kube::ResourceExt as _;
use kube::runtime::reflector::{ObjectRef, Store};
use parking_lot::Mutex;

use api::ModelSelection;
use decide::cadence;
use decide::fair_share::{Demand, share};
use decide::permits::permits_held;

/// What SageMaker counts together: tuning jobs of a region, and instances of a type in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pool {
    pub(super) region: String,
    pub(super) instance_type: String,
}

struct Entry {
    object: ObjectRef<ModelSelection>,
    pool: Pool,
    demand: Demand,
    /// It has given back a permit since the others were woken.
    freed: bool,
}

/// A quota that SageMaker refused to exceed.
#[derive(Clone, Copy)]
struct Refused {
    /// Jobs that ran when it refused.
    limit: usize,
    /// When one more may be tried.
    retry_at: Timestamp,
    times: u32,
}

#[derive(Default)]
struct State {
    entries: BTreeMap<String, Entry>,
    refused: HashMap<Pool, Refused>,
}

pub(super) struct Permits {
    limit: usize,
    state: Mutex<State>,
}

impl Permits {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default() }
    }

    /// Counts, after the start, the jobs of selections that are not reconciled yet, so that the first ones do not take
    /// permits that others hold.
    pub(super) fn seed(&self, stores: &[Store<ModelSelection>], default_region: Option<&str>) {
        let mut state = self.state.lock();
        for selection in stores.iter().flat_map(Store::state) {
            let (Some(uid), Some(status)) = (selection.uid(), &selection.status) else { continue };
            let active = permits_held(status);
            let region = selection.spec.region.as_deref().or(default_region).unwrap_or_default().to_owned();
            let pool = Pool { region, instance_type: selection.spec.training.instance_type.clone() };
            let entry = Entry {
                object: ObjectRef::from_obj(&*selection),
                pool,
                demand: Demand { active, waiting: 0 },
                freed: false,
            };
            state.entries.entry(uid).or_insert(entry);
        }
    }

    /// Reserves permits for up to `wanted` new jobs, and returns how many there are.
    pub(super) fn reserve(
        &self,
        uid: &str,
        object: &ObjectRef<ModelSelection>,
        pool: &Pool,
        active: usize,
        wanted: usize,
        now: Timestamp,
    ) -> usize {
        let mut state = self.state.lock();
        let freed = state.entries.get(uid).is_some_and(|entry| entry.freed || active < entry.demand.active);
        let demand = Demand { active, waiting: wanted };
        state.entries.insert(uid.to_owned(), Entry { object: object.clone(), pool: pool.clone(), demand, freed });
        let granted = state.grant(uid, self.limit, now);
        if let Some(entry) = state.entries.get_mut(uid) {
            entry.demand = Demand { active: active + granted, waiting: wanted - granted };
        }
        granted
    }

    /// Whether a selection that waits would be granted a further permit now.
    pub(super) fn free(&self, uid: &str, now: Timestamp) -> bool {
        self.state.lock().grant(uid, self.limit, now) > 0
    }

    /// Notes what a selection has after a pass, and returns who may now take permits that became free.
    pub(super) fn settle(&self, uid: &str, active: usize, waiting: usize) -> Vec<ObjectRef<ModelSelection>> {
        let mut state = self.state.lock();
        let Some(entry) = state.entries.get_mut(uid) else { return Vec::new() };
        let freed = std::mem::take(&mut entry.freed) || active < entry.demand.active;
        entry.demand = Demand { active, waiting };
        let region = entry.pool.region.clone();
        if freed { waiters(&state, &region, uid) } else { Vec::new() }
    }

    /// Forgets a selection, and returns who may now take its permits.
    pub(super) fn remove(&self, uid: &str) -> Vec<ObjectRef<ModelSelection>> {
        let mut state = self.state.lock();
        let Some(entry) = state.entries.remove(uid) else { return Vec::new() };
        waiters(&state, &entry.pool.region, uid)
    }

    /// Notes that SageMaker refused one more job than the `running` ones of this selection and all others of the pool.
    pub(super) fn refused(&self, uid: &str, pool: &Pool, running: usize, now: Timestamp) {
        let mut state = self.state.lock();
        let others = state.entries.iter().filter(|(id, entry)| *id != uid && entry.pool == *pool);
        let limit = running + others.map(|(_, entry)| entry.demand.active).sum::<usize>();
        let times = state.refused.get(pool).map_or(0, |refused| refused.times);
        // Quotas are raised by people and freed by jobs that end: minutes, not seconds.
        let pause = cadence::backoff(times, Duration::from_secs(15), Duration::from_secs(300));
        let refused = Refused { limit, retry_at: now + pause, times: times.saturating_add(1) };
        state.refused.insert(pool.clone(), refused);
    }

    /// Notes that SageMaker accepted a job, so that `running` of this selection run now.
    pub(super) fn accepted(&self, uid: &str, pool: &Pool, running: usize) {
        let mut state = self.state.lock();
        let others = state.entries.iter().filter(|(id, entry)| *id != uid && entry.pool == *pool);
        let total = running + others.map(|(_, entry)| entry.demand.active).sum::<usize>();
        if state.refused.get(pool).is_some_and(|refused| total > refused.limit) {
            state.refused.remove(pool);
        }
    }

    /// How long until one more job may be tried in a pool where SageMaker refused one.
    pub(super) fn next_try(&self, pool: &Pool, now: Timestamp) -> Option<Duration> {
        let state = self.state.lock();
        Duration::try_from(state.refused.get(pool)?.retry_at.duration_since(now)).ok()
    }
}

impl State {
    /// How many further permits the selection would get of those that it wants.
    fn grant(&self, uid: &str, limit: usize, now: Timestamp) -> usize {
        let Some(pool) = self.entries.get(uid).map(|entry| &entry.pool) else { return 0 };
        let fair = |limit: usize, counts: &dyn Fn(&Pool) -> bool| {
            let members: Vec<_> = self.entries.iter().filter(|(_, entry)| counts(&entry.pool)).collect();
            let demands: Vec<Demand> = members.iter().map(|(_, entry)| self.satisfiable(entry, now)).collect();
            members.iter().position(|(id, _)| *id == uid).map_or(0, |me| share(limit, &demands, me))
        };
        let granted = fair(limit, &|other| other.region == pool.region);
        match self.allowed(pool, now) {
            Some(allowed) => granted.min(fair(allowed, &|other| other == pool)),
            None => granted,
        }
    }

    /// How many jobs may run in a pool, as far as SageMaker has refused one.
    fn allowed(&self, pool: &Pool, now: Timestamp) -> Option<usize> {
        self.refused.get(pool).map(|refused| refused.limit + usize::from(refused.retry_at <= now))
    }

    /// The demand without what SageMaker would refuse: that must not keep permits from others.
    fn satisfiable(&self, entry: &Entry, now: Timestamp) -> Demand {
        let Entry { pool, demand, .. } = entry;
        let active = || self.entries.values().filter(|e| e.pool == *pool).map(|e| e.demand.active).sum();
        let room = self.allowed(pool, now).map_or(usize::MAX, |allowed| allowed.saturating_sub(active()));
        Demand { waiting: demand.waiting.min(room), ..*demand }
    }
}

fn waiters(state: &State, region: &str, but: &str) -> Vec<ObjectRef<ModelSelection>> {
    let waits = |entry: &&Entry| entry.demand.waiting > 0 && entry.pool.region == region;
    state
        .entries
        .iter()
        .filter(|(uid, _)| *uid != but)
        .map(|(_, entry)| entry)
        .filter(waits)
        .map(|e| e.object.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(instance_type: &str) -> Pool {
        Pool { region: "us-west-2".into(), instance_type: instance_type.into() }
    }

    fn object(name: &str) -> ObjectRef<ModelSelection> {
        ObjectRef::new(name).within("ns")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn permits_are_reserved_at_once_and_given_back() {
        let permits = Permits::new(10);
        assert_eq!(permits.reserve("a", &object("a"), &pool("p3"), 0, 8, at(0)), 8);
        assert_eq!(permits.reserve("b", &object("b"), &pool("p3"), 0, 8, at(0)), 2);
        assert_eq!(permits.settle("a", 8, 0), []);
        assert_eq!(permits.settle("a", 7, 0), [object("b")]);
        assert_eq!(permits.reserve("b", &object("b"), &pool("p3"), 2, 6, at(0)), 1);
        // A permit that is found free at the beginning of a pass wakes the others at its end.
        assert_eq!(permits.reserve("a", &object("a"), &pool("p3"), 6, 0, at(0)), 0);
        assert_eq!(permits.settle("a", 6, 0), [object("b")]);
        assert_eq!(permits.settle("a", 6, 0), []);
        assert_eq!(permits.remove("a"), [object("b")]);
    }

    #[test]
    fn a_refused_quota_holds_only_its_own_instance_type_and_is_probed_later() {
        let permits = Permits::new(100);
        assert_eq!(permits.reserve("a", &object("a"), &pool("p3"), 0, 8, at(0)), 8);
        permits.refused("a", &pool("p3"), 3, at(0));
        permits.settle("a", 3, 5);
        assert_eq!(permits.reserve("a", &object("a"), &pool("p3"), 3, 5, at(1)), 0);
        assert_eq!(permits.reserve("b", &object("b"), &pool("c5"), 0, 5, at(1)), 5);
        // One of ours ended: its permit is ours to take.
        assert_eq!(permits.reserve("a", &object("a"), &pool("p3"), 2, 5, at(1)), 1);
        permits.settle("a", 3, 4);
        // Later, one more is tried; when it is taken, the quota is forgotten.
        assert_eq!(permits.next_try(&pool("p3"), at(1)), Some(Duration::from_secs(14)));
        assert_eq!(permits.reserve("a", &object("a"), &pool("p3"), 3, 4, at(15)), 1);
        permits.accepted("a", &pool("p3"), 4);
        assert_eq!(permits.reserve("a", &object("a"), &pool("p3"), 4, 3, at(15)), 3);
    }

    #[test]
    fn a_refused_selection_keeps_no_permits_from_others() {
        let permits = Permits::new(4);
        permits.reserve("a", &object("a"), &pool("p3"), 0, 4, at(0));
        permits.refused("a", &pool("p3"), 0, at(0));
        permits.settle("a", 0, 4);
        assert_eq!(permits.reserve("b", &object("b"), &pool("c5"), 0, 8, at(1)), 4);
    }
}
