//! Shared by the tests: brute-force oracles, written from the definitions alone, and generators with many ties.

mod properties;
mod tables;

use proptest::prelude::*;

use super::Direction::{self, Maximize, Minimize};

type Points = Vec<Vec<f64>>;

/// Numbers at and around the edges of `f64`, ascending except that both zeros are equal.
const EDGES: [f64; 12] = [
    f64::MIN,
    -1e300,
    -1.0,
    -f64::MIN_POSITIVE,
    -5e-324,
    -0.0,
    0.0,
    5e-324,
    f64::MIN_POSITIVE,
    1.0,
    1.0 + f64::EPSILON,
    f64::MAX,
];

/// All 2^d combinations of directions.
fn mixes(d: u32) -> impl Iterator<Item = Vec<Direction>> {
    (0..1 << d).map(move |bits: u32| (0..d).map(|j| if bits >> j & 1 == 0 { Maximize } else { Minimize }).collect())
}

/// A table for maximisation, with the sign of each minimised objective flipped.
fn oriented(points: &[Vec<f64>], directions: &[Direction]) -> Points {
    let flip = |(&value, &direction): (&f64, &Direction)| if direction == Maximize { value } else { -value };
    points.iter().map(|point| point.iter().zip(directions).map(flip).collect()).collect()
}

/// The definition of dominance.
fn dominates(a: &[f64], b: &[f64], directions: &[Direction]) -> bool {
    let better = |a: &[f64], b: &[f64]| (0..directions.len()).any(|j| directions[j].is_better(a[j], b[j]));
    better(a, b) && !better(b, a)
}

/// The front by comparing every pair.
fn front_by_pairs(points: &[Vec<f64>], directions: &[Direction]) -> Vec<usize> {
    let free = |&i: &usize| !points.iter().any(|other| dominates(other, &points[i], directions));
    (0..points.len()).filter(free).collect()
}

/// The ranks, by removing one front after the other.
fn ranks_by_peeling(points: &[Vec<f64>], directions: &[Direction]) -> Vec<usize> {
    let mut ranks = vec![0; points.len()];
    let mut left: Vec<usize> = (0..points.len()).collect();
    for rank in 0.. {
        let rest: Points = left.iter().map(|&i| points[i].clone()).collect();
        let front = front_by_pairs(&rest, directions);
        if front.is_empty() {
            break;
        }
        for &i in &front {
            ranks[left[i]] = rank;
        }
        left = (0..left.len()).filter(|i| !front.contains(i)).map(|i| left[i]).collect();
    }
    ranks
}

/// The hypervolume of whole-numbered points within `size` of the reference, by counting unit cells.
fn volume_by_cells(points: &[Vec<f64>], directions: &[Direction], reference: &[f64], size: u32) -> f64 {
    let gain =
        |value: f64, j: usize| if directions[j] == Maximize { value - reference[j] } else { reference[j] - value };
    let d = u32::try_from(directions.len()).unwrap();
    let covered = |cell: &u32| {
        let corner = |j: usize| f64::from(cell / size.pow(u32::try_from(j).unwrap()) % size);
        points.iter().any(|point| point.iter().enumerate().all(|(j, &value)| gain(value, j) > corner(j)))
    };
    f64::from(u32::try_from((0..size.pow(d)).filter(covered).count()).unwrap())
}

/// The hypervolume by inclusion and exclusion over all subsets.
fn volume_by_subsets(points: &[Vec<f64>], directions: &[Direction], reference: &[f64]) -> f64 {
    let side = |point: &Vec<f64>, j: usize| {
        let gain = if directions[j] == Maximize { point[j] - reference[j] } else { reference[j] - point[j] };
        gain.max(0.0)
    };
    let subsets = 1_u32..1 << points.len();
    let signed = subsets.map(|subset| {
        let members: Vec<_> = points.iter().enumerate().filter(|(i, _)| subset >> i & 1 == 1).map(|(_, p)| p).collect();
        let common = |j| members.iter().map(|point| side(point, j)).fold(f64::INFINITY, f64::min);
        let volume: f64 = (0..directions.len()).map(common).product();
        if members.len() % 2 == 1 { volume } else { -volume }
    });
    signed.sum()
}

/// The distance of one member to the ideal, computed from the definition.
fn distance_to_ideal(front: &[Vec<f64>], directions: &[Direction], index: usize) -> f64 {
    let loss = |j: usize| {
        let column = || front.iter().map(|point| point[j]);
        let (low, high) = (column().fold(f64::INFINITY, f64::min), column().fold(f64::NEG_INFINITY, f64::max));
        let best = if directions[j] == Maximize { high } else { low };
        if low < high { (best - front[index][j]).abs() / (high - low) } else { 0.0 }
    };
    (0..directions.len()).map(|j| loss(j).powi(2)).sum::<f64>().sqrt()
}

/// Up to `n` points with one to five objectives, their values drawn from `values`.
fn problems(n: usize, values: impl Strategy<Value = f64> + Clone) -> impl Strategy<Value = (Vec<Direction>, Points)> {
    (1..=5_usize).prop_flat_map(move |d| {
        let direction = prop_oneof![Just(Maximize), Just(Minimize)];
        let point = prop::collection::vec(values.clone(), d);
        (prop::collection::vec(direction, d), prop::collection::vec(point, 0..=n))
    })
}

/// Whole numbers from -2 to 2, with both zeros.
fn grid() -> impl Strategy<Value = f64> + Clone {
    prop::sample::select(vec![-2.0, -1.0, -0.0, 0.0, 1.0, 2.0])
}

/// Values of [`EDGES`].
fn edges() -> impl Strategy<Value = f64> + Clone {
    prop::sample::select(EDGES.to_vec())
}

/// The worst corner of [`grid`].
fn grid_reference(directions: &[Direction]) -> Vec<f64> {
    directions.iter().map(|&direction| if direction == Maximize { -2.0 } else { 2.0 }).collect()
}
