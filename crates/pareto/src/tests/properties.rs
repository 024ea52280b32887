//! Properties, checked on random points.

use proptest::prelude::*;

use super::super::{front, hypervolume, knee, ranks, reference};
use super::*;

/// A problem and an order to shuffle it into.
fn shuffled(values: impl Strategy<Value = f64> + Clone) -> impl Strategy<Value = (Vec<Direction>, Points, Vec<usize>)> {
    problems(20, values).prop_flat_map(|(directions, points)| {
        let order = Just((0..points.len()).collect::<Vec<_>>()).prop_shuffle();
        (Just(directions), Just(points), order)
    })
}

fn pick(points: &[Vec<f64>], indices: &[usize]) -> Points {
    indices.iter().map(|&index| points[index].clone()).collect()
}

fn flipped(directions: &[Direction]) -> Vec<Direction> {
    directions.iter().map(|&direction| if direction == Maximize { Minimize } else { Maximize }).collect()
}

fn negated(points: &[Vec<f64>]) -> Points {
    points.iter().map(|point| point.iter().map(|value| -value).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn front_and_ranks_agree_with_the_definitions(
        (directions, points) in prop_oneof![problems(30, grid()), problems(30, edges())],
    ) {
        prop_assert_eq!(front(&points, &directions), front_by_pairs(&points, &directions));
        prop_assert_eq!(ranks(&points, &directions), ranks_by_peeling(&points, &directions));
    }

    #[test]
    fn front_is_rank_zero_and_its_own_front((directions, points) in problems(30, grid())) {
        let members = front(&points, &directions);
        let ranks = ranks(&points, &directions);
        prop_assert_eq!(&members, &(0..points.len()).filter(|&i| ranks[i] == 0).collect::<Vec<_>>());
        let again = front(&pick(&points, &members), &directions);
        prop_assert_eq!(again, (0..members.len()).collect::<Vec<_>>());
    }

    #[test]
    fn every_excluded_point_is_dominated_by_the_front((directions, points) in problems(30, grid())) {
        let members = front(&points, &directions);
        for index in (0..points.len()).filter(|index| !members.contains(index)) {
            prop_assert!(members.iter().any(|&member| dominates(&points[member], &points[index], &directions)));
        }
    }

    #[test]
    fn dominated_points_and_copies_change_nothing(
        (directions, points, order) in prop_oneof![shuffled(grid()), shuffled(-1e3..1e3)],
        losses in prop::collection::vec(prop::sample::select(vec![0.0, 1e-9, 2.0]), 5),
    ) {
        let Some(&source) = order.first() else { return Ok(()) };
        let worse = |j: usize| if directions[j] == Maximize { -losses[j] } else { losses[j] };
        let mut more = points.clone();
        more.push(points[source].iter().enumerate().map(|(j, value)| value + worse(j)).collect());
        let members = front(&points, &directions);
        let is_copy_of_member = more[points.len()] == points[source] && members.contains(&source);
        let grown: Vec<_> = members.iter().copied().chain(is_copy_of_member.then_some(points.len())).collect();
        prop_assert_eq!(front(&more, &directions), grown);
        let frame = reference(&points, &directions).unwrap();
        let volume = hypervolume(&points, &directions, &frame);
        prop_assert_eq!(hypervolume(&more, &directions, &frame).to_bits(), volume.to_bits());
        prop_assert_eq!(hypervolume(&pick(&points, &members), &directions, &frame).to_bits(), volume.to_bits());
    }

    #[test]
    fn order_does_not_count(
        (directions, points, order) in prop_oneof![shuffled(grid()), shuffled(-1e3..1e3), shuffled(edges())],
    ) {
        let moved = pick(&points, &order);
        let mut back: Vec<usize> = front(&moved, &directions).into_iter().map(|index| order[index]).collect();
        back.sort_unstable();
        prop_assert_eq!(back, front(&points, &directions));
        let original = ranks(&points, &directions);
        prop_assert_eq!(ranks(&moved, &directions), order.iter().map(|&i| original[i]).collect::<Vec<_>>());
        let frame = reference(&points, &directions);
        prop_assert_eq!(&reference(&moved, &directions), &frame);
        let volume = |points: &Points| frame.as_ref().map(|frame| hypervolume(points, &directions, frame).to_bits());
        prop_assert_eq!(volume(&moved), volume(&points));
    }

    #[test]
    fn flipping_signs_is_flipping_directions(
        (directions, points) in prop_oneof![problems(20, grid()), problems(20, edges())],
    ) {
        let (signs, turned) = (negated(&points), flipped(&directions));
        prop_assert_eq!(front(&signs, &turned), front(&points, &directions));
        prop_assert_eq!(ranks(&signs, &turned), ranks(&points, &directions));
        prop_assert_eq!(knee(&signs, &turned), knee(&points, &directions));
        let frame = reference(&points, &directions);
        prop_assert_eq!(reference(&signs, &turned), frame.clone().map(|frame| negated(&[frame]).remove(0)));
        if let Some(frame) = frame {
            let volume = hypervolume(&signs, &turned, &negated(std::slice::from_ref(&frame))[0]);
            prop_assert_eq!(volume.to_bits(), hypervolume(&points, &directions, &frame).to_bits());
        }
    }

    #[test]
    fn monotone_transforms_keep_front_and_ranks((directions, points) in problems(30, grid())) {
        let transforms: [fn(f64) -> f64; 4] = [f64::exp, |v| v.powi(3) - 7.0, |v| v * 1e300, |v| v * 5e-324];
        let map = |point: &Vec<f64>| point.iter().enumerate().map(|(j, &v)| transforms[j % 4](v)).collect();
        let mapped: Points = points.iter().map(map).collect();
        prop_assert_eq!(front(&mapped, &directions), front(&points, &directions));
        prop_assert_eq!(ranks(&mapped, &directions), ranks(&points, &directions));
    }

    #[test]
    fn reference_is_strictly_worse_and_finite(
        (directions, points) in prop_oneof![problems(8, grid()), problems(8, edges()), problems(8, -1e3..1e3)],
    ) {
        let frame = reference(&points, &directions);
        prop_assert_eq!(frame.is_none(), points.is_empty());
        for (j, bound) in frame.into_iter().flatten().enumerate() {
            prop_assert!(bound.is_finite());
            let better = |value: f64| directions[j].is_better(value, bound) || value.abs().min(bound.abs()) >= f64::MAX;
            prop_assert!(points.iter().all(|point| better(point[j])));
        }
    }

    #[test]
    fn hypervolume_counts_cells((directions, points) in problems(12, grid())) {
        let frame = grid_reference(&directions);
        let cells = volume_by_cells(&points, &directions, &frame, 4);
        prop_assert_eq!(hypervolume(&points, &directions, &frame).to_bits(), cells.to_bits());
    }

    #[test]
    fn hypervolume_is_inclusion_and_exclusion((directions, points) in problems(7, -1.0..1.0)) {
        let frame: Vec<f64> = grid_reference(&directions).iter().map(|bound| bound / 4.0).collect();
        let (volume, subsets) =
            (hypervolume(&points, &directions, &frame), volume_by_subsets(&points, &directions, &frame));
        prop_assert!((volume - subsets).abs() < 1e-11, "{} against {}", volume, subsets);
    }

    /// More points never lower it, and it increases exactly if the new point dominates additional space.
    #[test]
    fn hypervolume_is_strictly_monotone((directions, points) in problems(12, grid())) {
        let frame = grid_reference(&directions);
        for n in 1..points.len() {
            let (old, new) = (&points[..n], &points[n]);
            let (before, after) =
                (hypervolume(old, &directions, &frame), hypervolume(&points[..=n], &directions, &frame));
            let counts = new.iter().zip(&frame).zip(&directions).all(|((&v, &r), way)| way.is_better(v, r));
            let known = old.iter().any(|other| other == new || dominates(other, new, &directions));
            prop_assert_eq!(after > before, counts && !known);
            prop_assert!(after >= before);
        }
    }

    #[test]
    fn knee_is_nearest_to_the_ideal(
        (directions, points) in prop_oneof![problems(20, grid()), problems(20, -1e3..1e3)],
    ) {
        let members = pick(&points, &front(&points, &directions));
        let knee = knee(&members, &directions);
        prop_assert_eq!(knee.is_none(), members.is_empty());
        let distance = |index| distance_to_ideal(&members, &directions, index);
        prop_assert!((0..members.len()).all(|index| distance(knee.unwrap()) <= distance(index) + 1e-12));
    }

    #[test]
    fn knee_depends_on_neither_scale_nor_origin((directions, points) in problems(20, grid()), shift in -9_i8..9) {
        let moved = |scale: f64, shift: f64| -> Points {
            points.iter().map(|point| point.iter().map(|value| value * scale + shift).collect()).collect()
        };
        let expected = knee(&points, &directions);
        let (tiny, huge) = (f64::MIN_POSITIVE, 1.0 / f64::MIN_POSITIVE); // powers of two, so that nothing is rounded
        for points in [moved(4.0, f64::from(shift)), moved(tiny, 0.0), moved(huge, 0.0)] {
            prop_assert_eq!(knee(&points, &directions), expected);
        }
    }
}
