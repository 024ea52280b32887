//! How the best values and the hypervolume have grown with time.

use api::Goal;
use jiff::Timestamp;
use pareto::Direction;
use serde::Serialize;

/// How it stood once some run had ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// When, in seconds since 1970.
    pub time: i64,
    /// The best value of each objective so far.
    pub best: Vec<f64>,
    /// The hypervolume so far, up to the reference point of the whole front.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hypervolume: Option<f64>,
}

/// Whether the hypervolume can be worked out at every step in well below a second: with many objectives it cannot.
fn affordable(points: usize, objectives: usize) -> bool {
    objectives <= 3 || (objectives <= 6 && points <= 64)
}

/// The steps after each of `points`, which are the values of the objectives of the runs that are considered for the front
/// and when these ended. Points that ended in the same second make one step. The reference point is that of all of them,
/// so that the volume only grows.
pub fn history(mut points: Vec<(Timestamp, Vec<f64>)>, goals: &[Goal]) -> Vec<Step> {
    points.sort_by_key(|(time, _)| time.as_second());
    let directions: Vec<Direction> = goals.iter().map(direction).collect();
    let values: Vec<&[f64]> = points.iter().map(|(_, values)| values.as_slice()).collect();
    let reference = pareto::reference(&values, &directions).filter(|_| affordable(points.len(), goals.len()));
    let mut steps: Vec<Step> = Vec::new();
    let mut best: Vec<f64> = Vec::new();
    for (index, (time, point)) in points.iter().enumerate() {
        best = if best.is_empty() { point.clone() } else { better(&best, point, &directions) };
        if points.get(index + 1).is_some_and(|(next, _)| next.as_second() == time.as_second()) {
            continue;
        }
        let hypervolume =
            reference.as_ref().map(|reference| pareto::hypervolume(&values[..=index], &directions, reference));
        let hypervolume = hypervolume.filter(|volume| volume.is_finite());
        steps.push(Step { time: time.as_second(), best: best.clone(), hypervolume });
    }
    steps
}

fn better(a: &[f64], b: &[f64], directions: &[Direction]) -> Vec<f64> {
    let pairs = a.iter().zip(b).zip(directions);
    pairs.map(|((&a, &b), direction)| if direction.is_better(b, a) { b } else { a }).collect()
}

fn direction(goal: &Goal) -> Direction {
    match goal {
        Goal::Maximize => Direction::Maximize,
        Goal::Minimize => Direction::Minimize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_and_the_volume_only_grow() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let points = vec![
            (at(30), vec![0.9, 5.0]),
            (at(10), vec![0.5, 9.0]),
            (at(20), vec![0.4, 20.0]),
            (at(20), vec![0.6, 9.0]),
        ];
        let steps = history(points, &[Goal::Maximize, Goal::Minimize]);
        assert_eq!(steps.iter().map(|step| step.time).collect::<Vec<_>>(), [10, 20, 30]);
        assert_eq!(steps[1].best, [0.6, 9.0]);
        assert_eq!(steps[2].best, [0.9, 5.0]);
        let volumes: Vec<f64> = steps.iter().map(|step| step.hypervolume.unwrap()).collect();
        assert!(volumes[0] > 0.0 && volumes.is_sorted(), "{volumes:?}");
        assert!(history(vec![], &[Goal::Maximize]).is_empty());
    }
}
