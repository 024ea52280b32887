//! Tables of known results.

use std::collections::BTreeMap;

use super::super::{front, hypervolume, knee, ranks, reference};
use super::*;

const NOTHING: [Vec<f64>; 0] = [];

#[test]
fn directions_compare_strictly() {
    assert!(Maximize.is_better(2.0, 1.0) && !Maximize.is_better(1.0, 2.0) && !Maximize.is_better(1.0, 1.0));
    assert!(Minimize.is_better(1.0, 2.0) && !Minimize.is_better(2.0, 1.0) && !Minimize.is_better(1.0, 1.0));
    assert!(!Maximize.is_better(0.0, -0.0) && !Minimize.is_better(-0.0, 0.0));
}

/// Points to maximise and their ranks, in every combination of directions.
#[test]
fn fronts_and_ranks() {
    let table: [(&str, Points, &[usize]); 13] = [
        ("one point", vec![vec![1.0]], &[0]),
        ("one objective, ties", vec![vec![2.0], vec![3.0], vec![1.0], vec![3.0]], &[1, 0, 2, 0]),
        ("signs of zero", vec![vec![0.0], vec![-0.0], vec![-1.0]], &[0, 0, 1]),
        ("two equal points", vec![vec![1.0, 2.0], vec![1.0, 2.0]], &[0, 0]),
        ("a trade-off", vec![vec![1.0, 2.0], vec![2.0, 1.0]], &[0, 0]),
        ("better in one, equal in the other", vec![vec![1.0, 2.0], vec![1.0, 3.0], vec![0.0, 3.0]], &[1, 0, 1]),
        ("equal but for the sign of zero", vec![vec![0.0, -0.0], vec![-0.0, 0.0], vec![-0.0, -1.0]], &[0, 0, 1]),
        ("a chain", (0..5).map(|i| vec![f64::from(i); 3]).collect(), &[4, 3, 2, 1, 0]),
        (
            "three layers with a double",
            vec![vec![0.0, 4.0], vec![1.0, 3.0], vec![4.0, 0.0], vec![2.0, 2.0], vec![1.0, 2.0], vec![1.0, 2.0]],
            &[0, 0, 0, 0, 1, 1],
        ),
        (
            "a step of the staircase is removed",
            vec![vec![3.0, 1.0, 1.0], vec![2.0, 2.0, 2.0], vec![1.0, 1.0, 2.0], vec![1.0, 2.0, 1.0]],
            &[0, 0, 1, 1],
        ),
        (
            "no two comparable",
            vec![vec![3.0, 1.0, 2.0], vec![1.0, 2.0, 3.0], vec![2.0, 3.0, 1.0], vec![3.0, 2.0, 1.0]],
            &[0, 0, 0, 0],
        ),
        (
            "four objectives",
            vec![vec![1.0, 1.0, 1.0, 2.0], vec![1.0; 4], vec![2.0, 1.0, 1.0, 1.0], vec![0.0, 0.0, 0.0, 3.0]],
            &[0, 1, 0, 0],
        ),
        (
            "the ends of f64",
            vec![vec![f64::MAX, f64::MIN], vec![f64::MIN, f64::MAX], vec![f64::MIN, 0.0], vec![5e-324, f64::MIN]],
            &[0, 0, 1, 1],
        ),
    ];
    for (name, points, expected) in table {
        for directions in mixes(u32::try_from(points[0].len()).unwrap()) {
            let points = oriented(&points, &directions);
            let members: Vec<usize> = (0..points.len()).filter(|&i| expected[i] == 0).collect();
            assert_eq!(ranks(&points, &directions), expected, "{name}, {directions:?}");
            assert_eq!(front(&points, &directions), members, "{name}, {directions:?}");
        }
    }
}

#[test]
fn no_points_have_no_front_and_no_knee() {
    for directions in (0..4).flat_map(mixes) {
        assert!(front(&NOTHING, &directions).is_empty() && ranks(&NOTHING, &directions).is_empty());
        assert_eq!((knee(&NOTHING, &directions), reference(&NOTHING, &directions)), (None, None));
        assert!(hypervolume(&NOTHING, &directions, &vec![0.0; directions.len()]) == 0.0);
    }
}

#[test]
fn without_objectives_all_points_are_equal() {
    let points: [[f64; 0]; 3] = [[]; 3];
    assert_eq!((front(&points, &[]), ranks(&points, &[])), (vec![0, 1, 2], vec![0, 0, 0]));
    assert_eq!((knee(&points, &[]), reference(&points, &[])), (Some(0), Some(vec![])));
    assert!((hypervolume(&points, &[], &[]) - 1.0).abs() == 0.0);
}

#[test]
fn numbers_keep_their_order_at_the_edges() {
    let points = EDGES.map(|value| [value]);
    assert_eq!(ranks(&points, &[Minimize]), [0, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10]);
    assert_eq!(ranks(&points, &[Maximize]), [10, 9, 8, 7, 6, 5, 5, 4, 3, 2, 1, 0]);
}

/// 75,000 points around a diagonal that trades accuracy for latency, with many ties, against a sweep by columns.
#[test]
fn front_of_many_points() {
    let mut state = 1_u64;
    let mut below = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((state >> 33) % n).unwrap()
    };
    let mut cell = |x: u32| (x, x + below(40));
    let cells: Vec<(u32, u32)> = (0..75_000).map(|i| cell(i * 7 % 20_000)).collect();
    let mut columns: BTreeMap<u32, u32> = BTreeMap::new();
    for &(x, y) in &cells {
        columns.entry(x).and_modify(|least| *least = y.min(*least)).or_insert(y);
    }
    let mut bound = u32::MAX; // the smallest y of all columns further right
    columns.retain(|_, least| *least < u32::MAX);
    for least in columns.values_mut().rev() {
        let beaten = *least >= bound;
        bound = bound.min(*least);
        *least = if beaten { u32::MAX } else { *least };
    }
    let expected: Vec<usize> = (0..cells.len()).filter(|&i| columns[&cells[i].0] == cells[i].1).collect();
    let points: Vec<[f64; 2]> = cells.iter().map(|&(x, y)| [f64::from(x), f64::from(y)]).collect();
    assert!(expected.len() > 1000, "a front worth the name: {}", expected.len());
    assert_eq!(front(&points, &[Maximize, Minimize]), expected);
}

#[test]
fn references() {
    let table: [(&[f64], Direction, f64); 15] = [
        (&[1.0, 2.0], Minimize, 2.1),
        (&[1.0, 2.0], Maximize, 0.9),
        (&[-4.0, -3.0], Minimize, -2.9), // where another library's reference falls inside the data
        (&[-4.0, -3.0], Maximize, -4.1),
        (&[5.0, -5.0, 0.0], Minimize, 6.0),
        (&[5.0, -5.0, 0.0], Maximize, -6.0),
        (&[-5.0, -5.0], Minimize, -4.5),
        (&[-5.0, -5.0], Maximize, -5.5),
        (&[0.0, -0.0], Minimize, 1.0),
        (&[0.0, -0.0], Maximize, -1.0),
        (&[1.0 - f64::EPSILON, 1.0], Minimize, 1.0 + f64::EPSILON), // a tenth of the range is below the resolution
        (&[5e-324], Maximize, 0.0),
        (&[f64::MIN, 0.0], Minimize, f64::MAX / 10.0),
        (&[f64::MIN, f64::MAX / 2.0], Minimize, f64::MAX / 2.0 + f64::MAX * 0.75 / 5.0), // no finite range
        (&[f64::MIN, f64::MAX], Minimize, f64::MAX),                                     // nothing is worse
    ];
    for (values, direction, expected) in table {
        let points: Vec<[f64; 1]> = values.iter().map(|&value| [value]).collect();
        let found = reference(&points, &[direction]).unwrap();
        assert_eq!(found[0].to_bits(), expected.to_bits(), "{values:?} {direction:?}: {found:?}");
    }
    assert_eq!(reference(&[[1.0, 1.0], [2.0, 3.0]], &[Maximize, Minimize]), Some(vec![0.9, 3.2]));
}

/// Points to maximise above the origin and their volume, in every combination of directions.
#[test]
fn hypervolumes() {
    let rotations = vec![vec![1.0, 2.0, 3.0], vec![2.0, 3.0, 1.0], vec![3.0, 1.0, 2.0]];
    let table: [(Points, f64); 10] = [
        (vec![vec![2.0], vec![5.0], vec![3.0]], 5.0),
        (vec![vec![1.0, 3.0], vec![2.0, 2.0], vec![3.0, 1.0]], 6.0),
        (vec![vec![1.0, 3.0], vec![2.0, 2.0], vec![2.0, 2.0], vec![1.0, 1.0]], 5.0),
        (vec![vec![1.0, -3.0], vec![-2.0, 2.0], vec![0.0, 9.0], vec![-0.0, 9.0]], 0.0),
        (rotations, 13.0), // 3 * 6 - 3 * 2 + 1
        (vec![vec![1.0, 1.0, 2.0], vec![1.0, 2.0, 1.0], vec![2.0, 1.0, 1.0], vec![9.0, 9.0, 0.0]], 4.0),
        (vec![vec![1.0, 1.0, 1.0, 3.0], vec![2.0, 2.0, 1.0, 1.0], vec![1.0, 1.0, 2.0, 2.0]], 8.0),
        (vec![vec![f64::MAX, f64::MAX]], f64::INFINITY),
        (vec![vec![2.0, f64::MAX, 1e200], vec![1.0, 1e200, f64::MAX]], f64::INFINITY), // infinity minus infinity
        (vec![vec![f64::MAX, f64::MAX, 5e-324, 1.0], vec![f64::MAX, 1e9, 1.0, 1e300]], f64::INFINITY),
    ];
    for (points, expected) in table {
        for directions in mixes(u32::try_from(points[0].len()).unwrap()) {
            let points = oriented(&points, &directions);
            let volume = hypervolume(&points, &directions, &vec![0.0; directions.len()]);
            assert_eq!(volume.to_bits(), expected.to_bits(), "{points:?} {directions:?}: {volume}");
        }
    }
}

#[test]
fn a_better_point_raises_the_hypervolume_in_every_mix() {
    let points = [[1.0, 4.0, 2.0, 3.0], [3.0, 1.0, 3.0, 2.0], [2.0, 3.0, 1.0, 4.0]];
    for d in 1..=4 {
        let points: Points = points.iter().map(|point| point[..d].to_vec()).collect();
        for directions in mixes(u32::try_from(d).unwrap()) {
            let frame = vec![0.0; d];
            let volume = |points: &[Vec<f64>]| hypervolume(&oriented(points, &directions), &directions, &frame);
            for j in 0..d {
                let moved = |step: f64| {
                    let mut points = points.clone();
                    for point in &mut points {
                        point[j] += step;
                    }
                    volume(&points)
                };
                assert!(moved(-0.5) < moved(0.0) && moved(0.0) < moved(0.5), "{directions:?}");
            }
        }
    }
}

/// Members to maximise and the index of the knee, in every combination of directions.
#[test]
fn knees() {
    let table: [(&str, Points, usize); 11] = [
        ("one member", vec![vec![1.0, 2.0]], 0),
        ("two members, both at distance 1", vec![vec![1.0, 2.0], vec![2.0, 1.0]], 0),
        ("the bulge", vec![vec![0.0, 9.0], vec![6.0, 7.0], vec![9.0, 0.0]], 1),
        ("first of equals", vec![vec![0.0, 9.0], vec![9.0, 0.0], vec![6.0, 7.0], vec![6.0, 7.0]], 2),
        ("mirrored", vec![vec![0.0, 9.0], vec![3.0, 7.0], vec![7.0, 3.0], vec![9.0, 0.0]], 1),
        (
            "mirrored in three objectives",
            [[0, 6, 6], [6, 0, 6], [6, 6, 0], [4, 2, 5], [2, 5, 4], [5, 4, 2]]
                .map(|p| p.map(f64::from).to_vec())
                .to_vec(),
            3,
        ),
        ("a flat objective", vec![vec![5.0, 1.0], vec![5.0, 3.0], vec![5.0, 2.0]], 1),
        ("all flat", vec![vec![5.0, 1.0], vec![5.0, 1.0]], 0),
        ("signs of zero are flat", vec![vec![-0.0, 1.0], vec![0.0, 2.0]], 1),
        ("the least range", vec![vec![0.0], vec![5e-324]], 1),
        ("the ends of f64", vec![vec![f64::MIN, f64::MAX], vec![f64::MAX, f64::MIN], vec![f64::MAX / 2.0, 0.0]], 2),
    ];
    for (name, members, expected) in table {
        for directions in mixes(u32::try_from(members[0].len()).unwrap()) {
            assert_eq!(knee(&oriented(&members, &directions), &directions), Some(expected), "{name}, {directions:?}");
        }
    }
}

#[test]
#[should_panic(expected = "one value per objective")]
fn a_point_of_the_wrong_width_is_refused() {
    front(&[vec![1.0, 2.0], vec![1.0]], &[Maximize, Minimize]);
}

#[test]
#[should_panic(expected = "one value per objective")]
fn a_reference_of_the_wrong_width_is_refused() {
    hypervolume(&[[1.0, 2.0]], &[Maximize, Minimize], &[0.0]);
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "finite")]
fn debug_builds_refuse_values_that_are_not_finite() {
    ranks(&[[1.0], [f64::NAN]], &[Maximize]);
}
