//! The concurrency limiter for tuning jobs over all selections: who holds how many permits, who waits, and what
//! SageMaker has refused.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use kube::ResourceExt as _;
use kube::runtime::reflector::ObjectRef;
use parking_lot::Mutex;

use api::ModelSelection;
use decide::fair_share::{Demand, Share, shares};
use decide::permits::Claim;
use decide::retry::pause;
use store::Stores;

/// SageMaker's quotas count instances of one type in one region.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pool {
    pub(super) region: String,
    pub(super) instance_type: String,
}

/// Permits by instance type.
pub(super) type ByType = BTreeMap<String, usize>;

/// A selection that asks for permits.
#[derive(Clone, Debug)]
pub(super) struct Claimant {
    pub(super) uid: String,
    pub(super) object: ObjectRef<ModelSelection>,
    pub(super) region: String,
    /// When the selection was created.
    pub(super) since: Timestamp,
}

impl Claimant {
    pub(super) fn of(selection: &ModelSelection, region: &str) -> Self {
        Self {
            uid: selection.uid().unwrap_or_default(),
            object: ObjectRef::from_obj(selection),
            region: region.to_owned(),
            since: selection.creation_timestamp().map_or(Timestamp::MIN, |time| time.0),
        }
    }
}

struct Entry {
    claimant: Claimant,
    claim: Claim,
    /// It was woken for its turn, and has not been reconciled since.
    woken: bool,
}

impl Entry {
    fn held(&self) -> usize {
        self.claim.held.values().sum()
    }

    fn demand(&self) -> Demand<'_> {
        let Claim { wanted, served, .. } = &self.claim;
        Demand { active: self.held(), waiting: wanted, served: *served, since: self.claimant.since }
    }
}

/// A quota that SageMaker did not let us exceed.
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
    /// By uid, so that selections that are otherwise equal get their turns in a fixed order.
    entries: BTreeMap<String, Entry>,
    refused: HashMap<Pool, Refused>,
}

/// Which selections have their turn after a change.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Turns {
    /// Other selections that have not been woken yet.
    pub(super) others: Vec<ObjectRef<ModelSelection>>,
    /// What the selection itself would be granted.
    pub(super) own: ByType,
}

pub(super) struct Permits {
    limit: usize,
    state: Mutex<State>,
}

impl Permits {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default() }
    }

    /// Counts, after a start, the jobs of selections that have not been reconciled yet, so that the first selections do
    /// not take permits that others hold.
    pub(super) fn seed(&self, stores: &Stores, default_region: Option<&str>) {
        let mut state = self.state.lock();
        // A complete selection holds no permits.
        for selection in stores.incomplete() {
            let Some(status) = &selection.status else { continue };
            let claim = Claim::of(&selection.spec, status, [].iter());
            if claim.held.is_empty() {
                continue;
            }
            let region = selection.spec.region.as_deref().or(default_region).unwrap_or_default();
            let claimant = Claimant::of(&selection, region);
            state.entries.entry(claimant.uid.clone()).or_insert(Entry { claimant, claim, woken: false });
        }
    }

    /// Reserves permits for the jobs that `claim` wants, and returns how many there are of each instance type.
    pub(super) fn reserve(&self, claimant: &Claimant, claim: Claim, now: Timestamp) -> ByType {
        let mut state = self.state.lock();
        let entry = Entry { claimant: claimant.clone(), claim, woken: false };
        state.entries.insert(claimant.uid.clone(), entry);
        let granted = state.own(&claimant.uid, self.limit, now);
        if let Some(Entry { claim, .. }) = state.entries.get_mut(&claimant.uid) {
            for (instance_type, wanted) in &mut claim.wanted {
                let granted = granted.get(instance_type).copied().unwrap_or_default();
                *wanted -= granted;
                *claim.held.entry(instance_type.clone()).or_default() += granted;
            }
        }
        granted
    }

    /// Records what a selection holds and wants after a pass, and returns whose turn it is.
    pub(super) fn settle(&self, uid: &str, claim: Claim, now: Timestamp) -> Turns {
        let mut state = self.state.lock();
        let Some(entry) = state.entries.get_mut(uid) else { return Turns::default() };
        (entry.claim, entry.woken) = (claim, false);
        let region = entry.claimant.region.clone();
        Turns { own: state.own(uid, self.limit, now), others: state.wake(&region, uid, self.limit, now) }
    }

    /// A selection wants no more permits: it is being deleted. Returns whose turn it is.
    pub(super) fn withdraw(&self, uid: &str, now: Timestamp) -> Turns {
        let claim = self.state.lock().entries.get(uid).map(|entry| Claim { wanted: Vec::new(), ..entry.claim.clone() });
        claim.map_or_else(Turns::default, |claim| self.settle(uid, claim, now))
    }

    /// Forgets a selection, and returns whose turn it is.
    pub(super) fn remove(&self, uid: &str, now: Timestamp) -> Turns {
        let mut state = self.state.lock();
        let Some(Entry { claimant, .. }) = state.entries.remove(uid) else { return Turns::default() };
        Turns { others: state.wake(&claimant.region, uid, self.limit, now), ..Turns::default() }
    }

    /// Whose turn it is in a region when a pause is over.
    pub(super) fn due(&self, region: &str, now: Timestamp) -> Turns {
        Turns { others: self.state.lock().wake(region, "", self.limit, now), ..Turns::default() }
    }

    /// Records that SageMaker refused one more job than the `running` ones of this selection and those of all others in
    /// the pool. Returns the time until one more may be tried.
    pub(super) fn refused(&self, uid: &str, pool: &Pool, running: usize, now: Timestamp) -> Duration {
        let mut state = self.state.lock();
        let limit = running + state.held_by_others(uid, pool);
        let times = state.refused.get(pool).map_or(0, |refused| refused.times);
        // Quotas are raised by people and freed by jobs that end: minutes, not seconds.
        let pause = pause::backoff(times, Duration::from_secs(15), Duration::from_secs(300));
        let refused = Refused { limit, retry_at: now + pause, times: times.saturating_add(1) };
        state.refused.insert(pool.clone(), refused);
        pause
    }

    /// Records that SageMaker accepted a job, so that the selection now has `running` jobs in the pool.
    pub(super) fn accepted(&self, uid: &str, pool: &Pool, running: usize) {
        let mut state = self.state.lock();
        let total = running + state.held_by_others(uid, pool);
        if state.refused.get(pool).is_some_and(|refused| total > refused.limit) {
            state.refused.remove(pool);
        }
    }

    /// The time until one more job may be tried in a pool where SageMaker refused one.
    pub(super) fn next_try(&self, pool: &Pool, now: Timestamp) -> Option<Duration> {
        let state = self.state.lock();
        Duration::try_from(state.refused.get(pool)?.retry_at.duration_since(now)).ok()
    }
}

impl State {
    fn held_by_others(&self, uid: &str, pool: &Pool) -> usize {
        let others = self.in_region(&pool.region).filter(|(id, _)| *id != uid);
        others.filter_map(|(_, entry)| entry.claim.held.get(&pool.instance_type)).sum()
    }

    fn in_region(&self, region: &str) -> impl Iterator<Item = (&String, &Entry)> {
        self.entries.iter().filter(move |(_, entry)| entry.claimant.region == region)
    }

    /// Those whose turn it is in a region, with what each would be granted.
    fn turns(&self, region: &str, limit: usize, now: Timestamp) -> Vec<(&Entry, Share<'_>)> {
        // Usually no permit is free, and there is nothing to distribute.
        if self.in_region(region).map(|(_, entry)| entry.held()).sum::<usize>() >= limit {
            return Vec::new();
        }
        let rooms: BTreeMap<&str, usize> = self
            .refused
            .iter()
            .filter(|(pool, _)| pool.region == region)
            .map(|(pool, refused)| {
                let allowed = refused.limit + usize::from(refused.retry_at <= now);
                (pool.instance_type.as_str(), allowed.saturating_sub(self.held_by_others("", pool)))
            })
            .collect();
        let entries: Vec<&Entry> = self.in_region(region).map(|(_, entry)| entry).collect();
        let demands: Vec<Demand<'_>> = entries.iter().map(|entry| entry.demand()).collect();
        shares(limit, &rooms, &demands).into_iter().map(|(index, share)| (entries[index], share)).collect()
    }

    /// What a selection would be granted now.
    fn own(&self, uid: &str, limit: usize, now: Timestamp) -> ByType {
        let Some(Entry { claimant, claim, .. }) = self.entries.get(uid) else { return ByType::new() };
        if claim.wanted.is_empty() {
            return ByType::new();
        }
        let turns = self.turns(&claimant.region, limit, now);
        let own = turns.into_iter().find(|(entry, _)| entry.claimant.uid == uid).map(|(_, share)| share);
        own.into_iter().flatten().map(|(instance_type, count)| (instance_type.to_owned(), count)).collect()
    }

    /// The selections that have their turn and have not been woken yet. From now on they count as woken.
    fn wake(&mut self, region: &str, but: &str, limit: usize, now: Timestamp) -> Vec<ObjectRef<ModelSelection>> {
        let turns = self.turns(region, limit, now).into_iter().map(|(entry, _)| entry);
        let asleep = turns.filter(|entry| !entry.woken && entry.claimant.uid != but);
        let claimants: Vec<Claimant> = asleep.map(|entry| entry.claimant.clone()).collect();
        for claimant in &claimants {
            if let Some(entry) = self.entries.get_mut(&claimant.uid) {
                entry.woken = true;
            }
        }
        claimants.into_iter().map(|claimant| claimant.object).collect()
    }
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

    fn claim(instance_type: &str, held: usize, wanted: usize) -> Claim {
        let of = |count: usize| (instance_type.to_owned(), count);
        Claim { held: [of(held)].into(), wanted: vec![of(wanted)], served: held > 0 }
    }

    fn reserve(permits: &Permits, uid: &str, claim: Claim, now: Timestamp) -> usize {
        let claimant =
            Claimant { uid: uid.into(), object: object(uid), region: "us-west-2".into(), since: Timestamp::MIN };
        permits.reserve(&claimant, claim, now).values().sum()
    }

    #[test]
    fn permits_are_reserved_at_once_and_given_back() {
        let permits = Permits::new(10);
        let settle = |uid, held, wanted| permits.settle(uid, claim("p3", held, wanted), at(0)).others;
        assert_eq!(reserve(&permits, "a", claim("p3", 0, 8), at(0)), 8);
        assert_eq!(reserve(&permits, "b", claim("p3", 0, 8), at(0)), 2);
        assert_eq!(settle("a", 8, 0), []);
        assert_eq!(settle("a", 7, 0), [object("b")]);
        assert_eq!(reserve(&permits, "b", claim("p3", 2, 6), at(0)), 1);
        // A permit that is free at the beginning of a pass wakes the others at its end.
        assert_eq!(reserve(&permits, "a", claim("p3", 6, 0), at(0)), 0);
        assert_eq!(settle("a", 6, 0), [object("b")]);
        assert_eq!(settle("a", 6, 0), [], "it is woken already");
        assert_eq!(settle("b", 3, 5), []);
        assert_eq!(permits.remove("a", at(0)).others, [object("b")]);
    }

    #[test]
    fn only_selections_with_a_turn_are_woken_and_an_unused_turn_passes_on() {
        let permits = Permits::new(2);
        assert_eq!(reserve(&permits, "a", claim("p3", 0, 2), at(0)), 2);
        for waiting in ["b", "c", "d"] {
            assert_eq!(reserve(&permits, waiting, claim("p3", 0, 5), at(0)), 0);
        }
        let freed = permits.settle("a", claim("p3", 1, 4), at(0));
        assert_eq!(freed, Turns { others: vec![object("b")], own: ByType::new() });
        // It cannot start anything after all.
        assert_eq!(reserve(&permits, "b", claim("p3", 0, 0), at(0)), 0);
        assert_eq!(permits.settle("b", claim("p3", 0, 0), at(0)).others, [object("c")]);
        // A selection that is being deleted wants no permit either.
        assert_eq!(permits.withdraw("c", at(0)).others, [object("d")]);
        assert_eq!(reserve(&permits, "d", claim("p3", 0, 5), at(0)), 1);
    }

    #[test]
    fn a_refused_quota_limits_only_its_own_instance_type_and_is_probed_later() {
        let permits = Permits::new(100);
        assert_eq!(reserve(&permits, "a", claim("p3", 0, 8), at(0)), 8);
        assert_eq!(permits.refused("a", &pool("p3"), 3, at(0)), Duration::from_secs(15));
        permits.settle("a", claim("p3", 3, 5), at(0));
        assert_eq!(reserve(&permits, "a", claim("p3", 3, 5), at(1)), 0);
        assert_eq!(reserve(&permits, "b", claim("c5", 0, 5), at(1)), 5);
        // One of our jobs ended: its permit is free for us.
        assert_eq!(reserve(&permits, "a", claim("p3", 2, 5), at(1)), 1);
        permits.settle("a", claim("p3", 3, 4), at(1));
        // Later, one more is tried; once it is accepted, the limit is dropped.
        assert_eq!(permits.next_try(&pool("p3"), at(1)), Some(Duration::from_secs(14)));
        assert_eq!(permits.due("us-west-2", at(14)).others, []);
        assert_eq!(permits.due("us-west-2", at(15)).others, [object("a")]);
        assert_eq!(reserve(&permits, "a", claim("p3", 3, 4), at(15)), 1);
        permits.accepted("a", &pool("p3"), 4);
        assert_eq!(reserve(&permits, "a", claim("p3", 4, 3), at(15)), 3);
    }

    #[test]
    fn a_refused_selection_keeps_no_permits_from_others() {
        let permits = Permits::new(4);
        reserve(&permits, "a", claim("p3", 0, 4), at(0));
        permits.refused("a", &pool("p3"), 0, at(0));
        permits.settle("a", claim("p3", 0, 4), at(0));
        assert_eq!(reserve(&permits, "b", claim("c5", 0, 8), at(1)), 4);
    }

    #[test]
    fn runs_of_a_refused_instance_type_do_not_block_other_runs_of_their_selection() {
        let permits = Permits::new(100);
        reserve(&permits, "a", claim("p3", 0, 1), at(0));
        permits.refused("a", &pool("p3"), 0, at(0));
        permits.settle("a", claim("p3", 0, 1), at(0));
        let wanted = vec![("p3".to_owned(), 2), ("c5".to_owned(), 3)];
        assert_eq!(reserve(&permits, "b", Claim { wanted, ..Claim::default() }, at(1)), 3);
    }
}
