//! The recommended member of a front, and the trade-offs of other members.

use super::axes::Axes;
use super::points::Point;
use crate::derived::{DIGITS, Derivations};
use crate::status_bounds::{is_bounded, listed};
use api::{
    Alternative, BestTrainingJob, Dataset, Difference, Goal, ModelSelectionSpec, Objective, Recommend, Recommendation,
    RecommendationRule, Scale, bounds, clip, decimal, parse_decimal, significant,
};

/// Recommends one of the members, which are sorted best first by the order of the objectives. `None` if there are no
/// members.
pub(super) fn recommendation(
    derivations: &Derivations<'_>,
    dataset: &Dataset,
    axes: &Axes,
    members: &[&Point<'_>],
) -> Option<Recommendation> {
    if members.is_empty() {
        return None;
    }
    let spec = derivations.spec();
    let wanted = spec.recommend.clone().unwrap_or_default();
    let reaching: Vec<&Point<'_>> = members.iter().copied().filter(|point| reaches(spec, &wanted, point)).collect();
    let rule = wanted.rule.unwrap_or_default();
    let chosen = match rule {
        RecommendationRule::Knee => knee(axes, &reaching),
        RecommendationRule::Best => {
            let index = |metric: &String| spec.objectives.iter().position(|objective| objective.metric == *metric);
            best_in(axes, &reaching, wanted.objective.as_ref().and_then(index).unwrap_or_default())
        }
    };
    let alternatives = chosen.map(|chosen| alternatives(spec, axes, members, chosen)).unwrap_or_default();
    Some(Recommendation {
        candidate: chosen.map(|point| point.candidate.to_owned()),
        training_job_name: chosen.and_then(|point| point.training_job).map(str::to_owned),
        training_job: chosen
            .and_then(|point| point.job)
            .map(|job| listed(job, &derivations.metrics_wanted(), is_bounded(spec)))
            // A table does not keep them.
            .map(|job| BestTrainingJob { derived_metrics: derivations.of(dataset, &job).values, ..job }),
        // Only the description of its model tells.
        hosting: None,
        rule,
        message: clip(&message(spec, &wanted, chosen.is_some(), members.len(), reaching.len()), bounds::MESSAGE),
        alternatives,
    })
}

/// Whether the point reaches all values that the recommended member must reach.
fn reaches(spec: &ModelSelectionSpec, wanted: &Recommend, point: &Point<'_>) -> bool {
    wanted.at_least.iter().all(|bound| {
        let mut values = spec.objectives.iter().zip(&point.values);
        let value = values.find(|(objective, _)| objective.metric == bound.metric);
        value.zip(parse_decimal(&bound.value)).is_none_or(|((objective, &value), bound)| match objective.goal {
            Goal::Maximize => value >= bound,
            Goal::Minimize => value <= bound,
        })
    })
}

/// The point nearest to the best value of every objective; of equally near ones the first.
fn knee<'a, 'p>(axes: &Axes, points: &[&'a Point<'p>]) -> Option<&'a Point<'p>> {
    let positions: Vec<Vec<f64>> = points.iter().map(|point| axes.positions(&point.values)).collect();
    pareto::knee(&positions, &axes.directions).map(|index| points[index])
}

/// The best point in one objective; of equals the first.
fn best_in<'a, 'p>(axes: &Axes, points: &[&'a Point<'p>], objective: usize) -> Option<&'a Point<'p>> {
    let direction = axes.directions[objective];
    let better = |best: &'a Point<'p>, point: &'a Point<'p>| {
        if direction.is_better(point.values[objective], best.values[objective]) { point } else { best }
    };
    points.iter().copied().reduce(better)
}

fn message(spec: &ModelSelectionSpec, wanted: &Recommend, found: bool, members: usize, reaching: usize) -> String {
    let bound = |bound: &api::AtLeast| {
        let objective = spec.objectives.iter().find(|objective| objective.metric == bound.metric);
        let at = match objective.map(|objective| objective.goal) {
            Some(Goal::Minimize) => "at most",
            _ => "at least",
        };
        format!("{} of {at} {}", bound.metric, bound.value)
    };
    let bounds = list(wanted.at_least.iter().map(bound));
    if !found {
        return format!("no member of the front has {bounds}; relax `recommend.atLeast`");
    }
    let among = match (bounds.as_str(), reaching) {
        ("", _) => String::new(),
        (bounds, 1) => format!(", the only member of {members} with {bounds}"),
        (bounds, reaching) => format!(", among the {reaching} of {members} members with {bounds}"),
    };
    match (&wanted.objective, spec.objectives.as_slice()) {
        (Some(objective), _) => format!("the best value of {objective}{among}"),
        (None, [only]) => format!("the best value of {}{among}", only.metric),
        (None, objectives) => {
            let scale = |objective: &Objective| match objective.scale() {
                Scale::Linear => format!("{} on a linear scale", objective.metric),
                Scale::Logarithmic => format!("{} on a logarithmic scale", objective.metric),
            };
            let scales = list(objectives.iter().map(scale));
            format!(
                "nearest to the best value of every objective, {scales}, each scaled to its range on the front{among}"
            )
        }
    }
}

/// For each objective, the knee of the members that are better in it than `chosen`, on the part of the front that
/// begins at `chosen`: the member to choose if this objective is more important. Then, for each objective, the best
/// member in it.
fn alternatives<'p>(
    spec: &ModelSelectionSpec,
    axes: &Axes,
    members: &[&Point<'p>],
    chosen: &Point<'p>,
) -> Vec<Alternative> {
    let objectives = 0..spec.objectives.len();
    let better_in = |objective: usize| {
        let better = |point: &&&Point<'p>| {
            axes.directions[objective].is_better(point.values[objective], chosen.values[objective])
        };
        members.iter().filter(better).copied().collect::<Vec<_>>()
    };
    let from_here = |objective| knee(axes, &[better_in(objective), vec![chosen]].concat());
    let knees = objectives.clone().filter_map(from_here).filter(|point| !std::ptr::eq(*point, chosen));
    let extremes = objectives.filter_map(|objective| best_in(axes, &better_in(objective), objective));
    let mut found: Vec<&Point<'_>> = Vec::new();
    for point in knees.chain(extremes) {
        if found.len() < bounds::ALTERNATIVES && !found.iter().any(|other| std::ptr::eq(*other, point)) {
            found.push(point);
        }
    }
    found.into_iter().map(|point| alternative(&spec.objectives, members, chosen, point)).collect()
}

fn alternative(objectives: &[Objective], members: &[&Point<'_>], chosen: &Point<'_>, point: &Point<'_>) -> Alternative {
    let (mut losses, mut gains, mut differences) = (Vec::new(), Vec::new(), Vec::new());
    for (index, objective) in objectives.iter().enumerate() {
        let (from, to) = (chosen.values[index], point.values[index]);
        // A maximized value between 0 and 1 is a share, which people express in percentage points.
        let share = objective.goal == Goal::Maximize && members.iter().all(|m| (0.0..=1.0).contains(&m.values[index]));
        let words = words(objective, from, to, share);
        match (to > from, objective.goal) {
            #[allow(clippy::float_cmp)] // equal values are no difference, near ones are
            _ if to == from => {}
            (true, Goal::Maximize) | (false, Goal::Minimize) => gains.push(words),
            _ => losses.push(words),
        }
        let ratio = (from > 0.0 && to > 0.0).then(|| decimal(significant(to / from, DIGITS))).flatten();
        let difference = decimal(significant(to - from, DIGITS)).unwrap_or_default();
        differences.push(Difference { metric: objective.metric.clone(), difference, ratio });
    }
    let (losses, gains) = (list(losses), list(gains));
    Alternative {
        candidate: point.candidate.to_owned(),
        training_job_name: point.training_job.map(str::to_owned),
        message: clip(&format!("{losses} for {gains}"), bounds::MESSAGE),
        differences,
    }
}

/// A difference in words: the ratio on a logarithmic scale, points if the values are shares, otherwise the difference
/// itself.
fn words(objective: &Objective, from: f64, to: f64, share: bool) -> String {
    let metric = &objective.metric;
    let short = |value: f64| decimal(significant(value, 3)).unwrap_or_default();
    let signed = |value: f64| if value < 0.0 { short(value) } else { format!("+{}", short(value)) };
    match objective.scale() {
        Scale::Logarithmic => format!("{} times the {metric}", short(to / from)),
        Scale::Linear if share => format!("{} points of {metric}", signed((to - from) * 100.0)),
        Scale::Linear => format!("{} of {metric}", signed(to - from)),
    }
}

/// `a, b and c`.
fn list(parts: impl IntoIterator<Item = String>) -> String {
    let mut parts: Vec<String> = parts.into_iter().collect();
    match (parts.pop(), parts.is_empty()) {
        (None, _) => String::new(),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} and {last}", parts.join(", ")),
    }
}
