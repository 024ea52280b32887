//! Fair distribution of permits: whose turn it is to start tuning jobs, when all selections of a region share a limit.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use jiff::Timestamp;

/// What a selection holds and wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand<'a> {
    /// Number of tuning jobs that count against the limit.
    pub active: usize,
    /// Further jobs that it would start at once: number by instance type, in order.
    pub waiting: &'a [(String, usize)],
    /// Whether one of its runs has held a permit before.
    pub served: bool,
    /// When it was created.
    pub since: Timestamp,
}

/// How many jobs of each instance type a selection may start.
pub type Share<'a> = BTreeMap<&'a str, usize>;

/// How many jobs the selections may start now, by index in `demands`; only selections that may start at least one. All
/// selections together have at most `limit` running jobs, and of an instance type in `rooms` at most that many more
/// start.
///
/// Max-min fair: each free permit goes to the waiting selection that has the fewest. Among equals, one that never had a
/// permit comes first, so that a small selection does not wait for large ones. After that, the oldest comes first, so
/// that it keeps the permit of an ended run for its next run. Running jobs are never preempted.
pub fn shares<'a>(limit: usize, rooms: &BTreeMap<&str, usize>, demands: &[Demand<'a>]) -> BTreeMap<usize, Share<'a>> {
    let mut shares: BTreeMap<usize, Share<'a>> = BTreeMap::new();
    let mut free = limit.saturating_sub(demands.iter().map(|demand| demand.active).sum());
    if free == 0 {
        return shares;
    }
    let mut rooms = rooms.clone();
    let turn = |index: usize, have: usize| Reverse((have, demands[index].served, demands[index].since, index));
    let waits = |index: &usize| !demands[*index].waiting.is_empty();
    let mut queue: BinaryHeap<_> =
        (0..demands.len()).filter(waits).map(|index| turn(index, demands[index].active)).collect();
    while free > 0
        && let Some(Reverse((have, _, _, index))) = queue.pop()
    {
        let share = shares.entry(index).or_default();
        // A selection whose instance type SageMaker refuses must not keep permits from others.
        if let Some(instance_type) = next(&demands[index], share, &rooms) {
            *share.entry(instance_type).or_default() += 1;
            if let Some(room) = rooms.get_mut(instance_type) {
                *room -= 1;
            }
            free -= 1;
            queue.push(turn(index, have + 1));
        }
    }
    shares.retain(|_, share| !share.is_empty());
    shares
}

/// The instance type of the next job that may start in addition to `share`, if any.
fn next<'a>(demand: &Demand<'a>, share: &Share<'a>, rooms: &BTreeMap<&str, usize>) -> Option<&'a str> {
    let left = |(instance_type, wanted): &&(String, usize)| {
        let given = share.get(instance_type.as_str()).copied().unwrap_or_default();
        given < *wanted && rooms.get(instance_type.as_str()) != Some(&0)
    };
    demand.waiting.iter().find(left).map(|(instance_type, _)| instance_type.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shares_of(limit: usize, demands: &[(usize, usize)]) -> Vec<usize> {
        let waiting: Vec<_> = demands.iter().map(|&(_, waiting)| [("p3".to_owned(), waiting)]).collect();
        let demand = |(&(active, _), waiting)| Demand { active, waiting, ..Demand::default() };
        let all: Vec<Demand<'_>> = demands.iter().zip(waiting.iter().map(|one| &one[..])).map(demand).collect();
        let shares = shares(limit, &BTreeMap::new(), &all);
        (0..demands.len()).map(|index| shares.get(&index).map_or(0, |share| share.values().sum())).collect()
    }

    #[test]
    fn permits_go_to_selections_with_the_fewest() {
        assert_eq!(shares_of(10, &[(0, 100)]), [10]);
        assert_eq!(shares_of(10, &[(0, 100), (0, 100)]), [5, 5]);
        assert_eq!(shares_of(10, &[(0, 2), (0, 100)]), [2, 8]);
        assert_eq!(shares_of(10, &[(8, 100), (0, 100)]), [0, 2]);
        assert_eq!(shares_of(3, &[(0, 9), (0, 9)]), [2, 1]);
        assert_eq!(shares_of(10, &[(12, 5), (0, 5)]), [0, 0]);
        assert_eq!(shares_of(0, &[(0, 5)]), [0]);
    }

    #[test]
    fn among_equals_the_unserved_come_first_and_then_the_oldest() {
        let one = [("p3".to_owned(), 5)];
        let at = |second, served| Demand {
            waiting: &one,
            since: Timestamp::from_second(second).unwrap(),
            served,
            ..Demand::default()
        };
        let turns = |limit, demands: &[Demand<'_>]| -> Vec<usize> {
            shares(limit, &BTreeMap::new(), demands).into_keys().collect()
        };
        assert_eq!(turns(1, &[at(2, true), at(1, true), at(3, true)]), [1]);
        assert_eq!(turns(1, &[at(2, true), at(1, true), at(3, false)]), [2]);
        assert_eq!(turns(2, &[at(2, true), at(1, true), at(3, false)]), [1, 2]);
    }

    #[test]
    fn refused_instance_types_are_skipped() {
        let (both, gpu) = ([("p3".to_owned(), 2), ("c5".to_owned(), 2)], [("p3".to_owned(), 9)]);
        let demand = |waiting| Demand { waiting, ..Demand::default() };
        let demands = [demand(&both[..]), demand(&gpu[..])];
        let shares = |room: usize| shares(10, &BTreeMap::from([("p3", room)]), &demands);
        assert_eq!(shares(0), BTreeMap::from([(0, BTreeMap::from([("c5", 2)]))]));
        assert_eq!(shares(1), BTreeMap::from([(0, BTreeMap::from([("c5", 2), ("p3", 1)]))]));
        let wide = BTreeMap::from([(0, BTreeMap::from([("c5", 2), ("p3", 2)])), (1, BTreeMap::from([("p3", 4)]))]);
        assert_eq!(shares(6), wide);
    }

    proptest! {
        #[test]
        fn every_permit_is_granted_once_and_none_is_free_while_a_selection_waits(
            limit in 0usize..40,
            demands in proptest::collection::vec((0usize..8, 0usize..12), 1..8),
        ) {
            let given = shares_of(limit, &demands);
            let active: usize = demands.iter().map(|d| d.0).sum();
            let total: usize = given.iter().sum();
            let waiting: usize = demands.iter().map(|d| d.1).sum();
            prop_assert_eq!(total, waiting.min(limit.saturating_sub(active)));
        }
    }
}
