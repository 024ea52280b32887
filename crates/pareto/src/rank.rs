//! Fronts and non-dominated sorting, both by one lexicographic sweep.
//!
//! In lexicographic order, best first, a point can only be dominated by an earlier one, and is never worse than later
//! ones in the first objective. So the other objectives, the *tail*, decide: among distinct points, a point is
//! dominated by a front exactly if one of that front's tails is nowhere worse. It is enough to store the best tails of
//! a front ([`Archive`]): one number with two objectives, a staircase with three.

use std::collections::BTreeMap;

use super::{Direction, check};

/// The non-dominated points, as ascending indices into `points`.
///
/// Without objectives every point is on the front. `O(n log n)` for up to three objectives; beyond, `O(n log n + d n
/// a)`, where `a` is the largest number of tails in the archive.
///
/// # Panics
/// If a point does not have one value per direction.
pub fn front<P: AsRef<[f64]>>(points: &[P], directions: &[Direction]) -> Vec<usize> {
    let sweep = Sweep::new(points, directions);
    let mut archive = Archive::new(sweep.width);
    let mut front = Vec::new();
    sweep.visit(|equals, tail| {
        if !archive.covers(tail) {
            archive.insert(tail);
            front.extend_from_slice(equals);
        }
    });
    front.sort_unstable();
    front
}

/// The rank of every point: 0 on the front, `r` on the front of what remains without the ranks below `r`.
///
/// Efficient non-dominated sort: a point that is dominated by a front is also dominated by all fronts before it, so a
/// binary search finds the first front that does not dominate it. `O(n log n)` for up to two objectives, `O(n log² n)`
/// for three; beyond, `O(d n²)` at worst.
///
/// # Panics
/// If a point does not have one value per direction.
pub fn ranks<P: AsRef<[f64]>>(points: &[P], directions: &[Direction]) -> Vec<usize> {
    let sweep = Sweep::new(points, directions);
    let mut fronts: Vec<Archive> = Vec::new();
    let mut ranks = vec![0; points.len()];
    sweep.visit(|equals, tail| {
        let rank = fronts.partition_point(|front| front.covers(tail));
        if rank == fronts.len() {
            fronts.push(Archive::new(sweep.width));
        }
        fronts[rank].insert(tail);
        for &index in equals {
            ranks[index] = rank;
        }
    });
    ranks
}

/// The points as rows of integer keys (smaller is better), and the lexicographic order of the rows.
struct Sweep {
    width: usize,
    keys: Vec<i64>,
    order: Vec<usize>,
}

impl Sweep {
    fn new<P: AsRef<[f64]>>(points: &[P], directions: &[Direction]) -> Self {
        check(points, directions);
        // A constant objective does not change dominance: padding to two avoids a special case for fewer.
        let width = directions.len().max(2);
        let mut keys = Vec::with_capacity(points.len() * width);
        for point in points {
            keys.extend(point.as_ref().iter().zip(directions).map(|(&value, &direction)| key(value, direction)));
            keys.resize(keys.len() + width - directions.len(), 0);
        }
        let mut sweep = Self { width, keys, order: Vec::new() };
        let mut order: Vec<usize> = (0..points.len()).collect();
        order.sort_unstable_by(|&a, &b| sweep.row(a).cmp(sweep.row(b)));
        sweep.order = order;
        sweep
    }

    fn row(&self, index: usize) -> &[i64] {
        &self.keys[index * self.width..][..self.width]
    }

    /// Calls `visitor` for each distinct point in lexicographic order, with the indices of all equal points and their
    /// tail.
    fn visit(&self, mut visitor: impl FnMut(&[usize], &[i64])) {
        for equals in self.order.chunk_by(|&a, &b| self.row(a) == self.row(b)) {
            visitor(equals, &self.row(equals[0])[1..]);
        }
    }
}

/// An integer with the same order as `value`, best first.
///
/// Dominance depends only on order. IEEE 754 numbers are ordered like sign and magnitude: flipping the magnitude bits
/// of negative numbers converts that to two's complement, and flipping all bits reverses the order.
fn key(value: f64, direction: Direction) -> i64 {
    let bits = (value + 0.0).to_bits().cast_signed(); // -0.0 + 0.0 is 0.0
    let ascending = bits ^ ((bits >> 63) & i64::MAX);
    match direction {
        Direction::Minimize => ascending,
        Direction::Maximize => !ascending,
    }
}

/// The minimal tails of one front: every tail that any tail of the front covers is covered by one of these.
enum Archive {
    /// Two objectives: the smallest second value, if any.
    Least(Option<i64>),
    /// Three: from second to third value, the latter strictly decreasing.
    Staircase(BTreeMap<i64, i64>),
    /// More: no tail covers another.
    Antichain(Vec<Box<[i64]>>),
}

impl Archive {
    fn new(width: usize) -> Self {
        match width {
            2 => Self::Least(None),
            3 => Self::Staircase(BTreeMap::new()),
            _ => Self::Antichain(Vec::new()),
        }
    }

    /// Whether one of these tails is nowhere worse than `tail`.
    fn covers(&self, tail: &[i64]) -> bool {
        match self {
            Self::Least(least) => least.is_some_and(|least| least <= tail[0]),
            Self::Staircase(steps) => steps.range(..=tail[0]).next_back().is_some_and(|(_, &third)| third <= tail[1]),
            Self::Antichain(tails) => tails.iter().any(|other| covers(other, tail)),
        }
    }

    /// Adds a tail that is not covered, and removes the tails that it covers.
    fn insert(&mut self, tail: &[i64]) {
        match self {
            Self::Least(least) => *least = Some(tail[0]),
            Self::Staircase(steps) => {
                while let Some((&second, _)) = steps.range(tail[0]..).next().filter(|&(_, &third)| third >= tail[1]) {
                    steps.remove(&second);
                }
                steps.insert(tail[0], tail[1]);
            }
            Self::Antichain(tails) => {
                tails.retain(|other| !covers(tail, other));
                tails.push(tail.into());
            }
        }
    }
}

/// Whether `a` is nowhere worse than `b`.
fn covers(a: &[i64], b: &[i64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b)
}
