//! The best values and the hypervolume over time.

use api::Goal;
use jiff::Timestamp;
use pareto::Direction;
use serde::Serialize;

/// The state after a run has ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The time, in seconds since 1970.
    pub time: i64,
    /// The best value of each objective so far.
    pub best: Vec<f64>,
    /// The hypervolume so far, up to the reference point of the whole front.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hypervolume: Option<f64>,
}

/// Whether computing the hypervolume at every step takes well below a second: with many objectives it does not.
fn affordable(points: usize, objectives: usize) -> bool {
    objectives <= 3 || (objectives <= 6 && points <= 64)
}

/// An objective, reduced to what the history needs.
#[derive(Clone, Copy)]
pub struct Axis {
    pub goal: Goal,
    /// Whether the hypervolume uses the decimal logarithm of the values.
    pub logarithmic: bool,
}

/// One step for each end of a run. `points` are the objectives of the runs that are considered for the front, each with
/// the time at which the run ended; runs that ended in the same second share a step. The reference point of the
/// hypervolume is that of all points, so the volume only grows.
pub fn history(mut points: Vec<(Timestamp, Vec<f64>)>, axes: &[Axis]) -> Vec<Step> {
    points.sort_by_key(|(time, _)| time.as_second());
    let directions: Vec<Direction> = axes.iter().map(|axis| direction(axis.goal)).collect();
    let scaled: Vec<Vec<f64>> = points.iter().map(|(_, values)| scaled(values, axes)).collect();
    let measurable = affordable(points.len(), axes.len()) && scaled.iter().flatten().all(|value| value.is_finite());
    let reference = if measurable { pareto::reference(&scaled, &directions) } else { None };
    let mut steps: Vec<Step> = Vec::new();
    let mut best: Vec<f64> = Vec::new();
    for (index, (time, point)) in points.iter().enumerate() {
        best = if best.is_empty() { point.clone() } else { better(&best, point, &directions) };
        if points.get(index + 1).is_some_and(|(next, _)| next.as_second() == time.as_second()) {
            continue;
        }
        let hypervolume =
            reference.as_ref().map(|reference| pareto::hypervolume(&scaled[..=index], &directions, reference));
        let hypervolume = hypervolume.filter(|volume| volume.is_finite());
        steps.push(Step { time: time.as_second(), best: best.clone(), hypervolume });
    }
    steps
}

fn scaled(values: &[f64], axes: &[Axis]) -> Vec<f64> {
    values.iter().zip(axes).map(|(value, axis)| if axis.logarithmic { value.log10() } else { *value }).collect()
}

fn better(a: &[f64], b: &[f64], directions: &[Direction]) -> Vec<f64> {
    let pairs = a.iter().zip(b).zip(directions);
    pairs.map(|((&a, &b), direction)| if direction.is_better(b, a) { b } else { a }).collect()
}

fn direction(goal: Goal) -> Direction {
    match goal {
        Goal::Maximize => Direction::Maximize,
        Goal::Minimize => Direction::Minimize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_values_and_hypervolume_only_grow() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let points = vec![
            (at(30), vec![0.9, 5.0]),
            (at(10), vec![0.5, 9.0]),
            (at(20), vec![0.4, 20.0]),
            (at(20), vec![0.6, 9.0]),
        ];
        let axes = |logarithmic| {
            [Axis { goal: Goal::Maximize, logarithmic: false }, Axis { goal: Goal::Minimize, logarithmic }]
        };
        let steps = history(points.clone(), &axes(false));
        assert_eq!(steps.iter().map(|step| step.time).collect::<Vec<_>>(), [10, 20, 30]);
        assert_eq!(steps[1].best, [0.6, 9.0]);
        assert_eq!(steps[2].best, [0.9, 5.0]);
        let volumes: Vec<f64> = steps.iter().map(|step| step.hypervolume.unwrap()).collect();
        assert!(volumes[0] > 0.0 && volumes.is_sorted(), "{volumes:?}");
        // A tenth of the range beyond the worst: 0.55 by log10(20 / 5) * 1.1.
        let last = history(points.clone(), &axes(true)).pop().and_then(|step| step.hypervolume).unwrap();
        assert!((last - 0.55 * (4.0_f64.log10() * 1.1)).abs() < 1e-12, "{last}");
        let with_zero = [points, vec![(at(40), vec![0.1, 0.0])]].concat();
        assert_eq!(history(with_zero, &axes(true)).pop().and_then(|step| step.hypervolume), None);
        assert!(history(vec![], &axes(false)).is_empty());
    }
}
