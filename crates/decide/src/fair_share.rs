//! Who may start how many tuning jobs.

/// What a selection has and would like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Tuning jobs that count against the limit.
    pub active: usize,
    /// Further ones that it would start at once.
    pub waiting: usize,
}

/// How many jobs the selection at `index` may start now, when at most `limit` may run over all of `demands`.
///
/// Max-min fair: each free place goes to a waiting selection that has least, the first of them on a tie. Running jobs
/// are never taken away.
pub fn share(limit: usize, demands: &[Demand], index: usize) -> usize {
    let mut have: Vec<usize> = demands.iter().map(|demand| demand.active).collect();
    let mut free = limit.saturating_sub(have.iter().sum());
    while free > 0 {
        let poorest = (0..demands.len())
            .filter(|&i| have[i] < demands[i].active + demands[i].waiting)
            .min_by_key(|&i| (have[i], i));
        let Some(poorest) = poorest else { break };
        have[poorest] += 1;
        free -= 1;
    }
    have[index] - demands[index].active
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shares(limit: usize, demands: &[(usize, usize)]) -> Vec<usize> {
        let demands: Vec<Demand> = demands.iter().map(|&(active, waiting)| Demand { active, waiting }).collect();
        (0..demands.len()).map(|i| share(limit, &demands, i)).collect()
    }

    #[test]
    fn places_go_to_those_who_have_least() {
        assert_eq!(shares(10, &[(0, 100)]), [10]);
        assert_eq!(shares(10, &[(0, 100), (0, 100)]), [5, 5]);
        assert_eq!(shares(10, &[(0, 2), (0, 100)]), [2, 8]);
        assert_eq!(shares(10, &[(8, 100), (0, 100)]), [0, 2]);
        assert_eq!(shares(3, &[(0, 9), (0, 9)]), [2, 1]);
        assert_eq!(shares(10, &[(12, 5), (0, 5)]), [0, 0]);
        assert_eq!(shares(0, &[(0, 5)]), [0]);
    }

    proptest! {
        #[test]
        fn no_place_is_given_twice_and_none_is_left_while_someone_waits(
            limit in 0usize..40,
            demands in proptest::collection::vec((0usize..8, 0usize..12), 1..8),
        ) {
            let given = shares(limit, &demands);
            let active: usize = demands.iter().map(|d| d.0).sum();
            let total: usize = given.iter().sum();
            let waiting: usize = demands.iter().map(|d| d.1).sum();
            prop_assert_eq!(total, waiting.min(limit.saturating_sub(active)));
        }
    }
}
