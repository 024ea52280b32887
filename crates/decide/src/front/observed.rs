//! Compares observed candidates with the runs.

use super::axes::{Axes, decimals};
use super::points::Point;
use crate::problem::Problem;
use crate::suggest::{nearest, there_are};
use api::{ModelSelectionSpec, ObservedPoint, Reason, bounds};

/// The first observed result for a dataset that does not exist. A check at admission would exceed the CEL budget.
pub fn invalid(spec: &ModelSelectionSpec) -> Option<Problem> {
    let names = || spec.datasets.iter().map(|dataset| dataset.name.as_str());
    spec.candidates.iter().find_map(|candidate| {
        let of = &candidate.observed.as_ref()?.datasets;
        let unknown = of.iter().map(|of_one| of_one.name.as_str()).find(|name| names().all(|known| known != *name))?;
        let remedy = match nearest(unknown, names()) {
            Some(near) => format!("did you mean '{near}'?"),
            None => there_are(names()),
        };
        let message = format!(
            "candidate '{}': `observed.datasets` has '{unknown}', which is not one of `datasets`; {remedy}",
            candidate.name
        );
        Some(Problem::new(Reason::InvalidSpec, message))
    })
}

/// Each observed candidate, with the candidates that beat it in every objective. `ranks` are those of `points`.
pub(super) fn observed(axes: &Axes, points: &[Point<'_>], ranks: &[i32]) -> Vec<ObservedPoint> {
    let elsewhere = points.iter().zip(ranks).filter(|(point, _)| point.run.is_none());
    let observed = elsewhere.map(|(point, &rank)| {
        let beaten_by = beaten_by(point, points, axes);
        ObservedPoint {
            candidate: point.candidate.to_owned(),
            values: decimals(&point.values),
            pareto_rank: rank,
            beaten_by_count: i32::try_from(beaten_by.len()).unwrap_or(i32::MAX),
            beaten_by: beaten_by.into_iter().take(bounds::BEATEN_BY).map(str::to_owned).collect(),
        }
    });
    observed.collect()
}

/// The candidates that have a result that is better in every objective, each once, in the order of the points.
fn beaten_by<'a>(point: &Point<'_>, points: &[Point<'a>], axes: &Axes) -> Vec<&'a str> {
    let beats = |other: &&Point<'_>| {
        let pairs = other.values.iter().zip(&point.values).zip(&axes.directions);
        pairs.into_iter().all(|((&theirs, &own), direction)| direction.is_better(theirs, own))
    };
    let mut names: Vec<&str> = points.iter().filter(beats).map(|other| other.candidate).collect();
    // The results of one run are adjacent.
    names.dedup();
    names
}
