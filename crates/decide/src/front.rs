//! The fronts: from runs and their metrics to Pareto sets.

mod axes;
mod observed;
mod own_split;
mod points;
mod recommendation;
mod references;
mod tables;

use std::sync::Arc;

use super::derived::{DIGITS, Derivations, Derived};
use api::{
    Dataset, Front, FrontMember, ModelSelectionSpec, ModelSelectionStatus, RunStatus, bounds, decimal, significant,
};
use axes::{Axes, decimals};
pub use observed::invalid;
pub use own_split::is_of_validation;
use pareto::{self, Direction, Scale};
use points::{Data, Point, points};
pub use references::References;
pub use tables::Tables;

/// Most members that a front lists, as in the schema.
const MEMBERS_MAX: usize = 512;
/// Most values that the members of all fronts list together, at about 20 bytes each: etcd limits an object to 1.5 MiB.
/// With only the best training job of each run, the limit is never exceeded: 512 runs times 8 objectives.
const VALUES_MAX: usize = 4096;

/// Whether the fronts of `last` are current for `runs` at `generation`: nothing that they depend on has changed. The
/// tables of ended runs do not change.
pub fn are_current(last: &ModelSelectionStatus, generation: Option<i64>, runs: &[RunStatus]) -> bool {
    fn result(run: &RunStatus) -> impl PartialEq + '_ {
        let RunStatus { candidate, dataset, state, message, best, trials, .. } = run;
        (candidate, dataset, state.ended().then_some((*state, message, best, trials)))
    }
    last.observed_generation == generation && last.runs.iter().map(result).eq(runs.iter().map(result))
}

/// Sets the Pareto rank of each run, and returns the front of each dataset, in the order of the spec.
pub fn fronts(spec: &ModelSelectionSpec, runs: &mut [RunStatus], tables: &Tables) -> Vec<Front> {
    fronts_with(&Derivations::new(spec), &[], runs, tables, &References::default())
}

/// The same with the derived metrics of the best training jobs, where they are already computed, and with the contents
/// of the `ConfigMap`s that candidates refer to.
pub fn fronts_with(
    derivations: &Derivations<'_>,
    of_best: &[Option<Arc<Derived>>],
    runs: &mut [RunStatus],
    tables: &Tables,
    references: &References,
) -> Vec<Front> {
    let spec = derivations.spec();
    let axes = Axes::of(&spec.objectives);
    let data = Data { spec, runs, tables, references, derivations, of_best };
    let mut ranks = vec![None; runs.len()];
    let fronts = spec.datasets.iter().map(|dataset| front(&data, dataset, &axes, &mut ranks)).collect();
    for (run, rank) in runs.iter_mut().zip(ranks) {
        run.pareto_rank = rank;
    }
    bounded(fronts, spec.objectives.len())
}

fn front(data: &Data<'_>, dataset: &Dataset, axes: &Axes, ranks: &mut [Option<i32>]) -> Front {
    let Data { spec, .. } = *data;
    let directions = &axes.directions;
    let (considered, excluded) = points(data, dataset);
    let values: Vec<&[f64]> = considered.iter().map(|point| point.values.as_slice()).collect();
    let rank = |rank: usize| i32::try_from(rank).unwrap_or(bounds::PARETO_RANK).min(bounds::PARETO_RANK);
    let ranked: Vec<i32> = pareto::ranks(&values, directions).into_iter().map(rank).collect();
    for (point, &rank) in considered.iter().zip(&ranked) {
        if let Some(best) = point.run.map(|run| &mut ranks[run]) {
            *best = Some(best.map_or(rank, |best| best.min(rank)));
        }
    }
    // Ties are ordered by the spec, then by the training job's name, which is the order of the points: so equal results
    // give identical bytes.
    let mut members = pareto::front(&values, directions);
    members.sort_by(|&a, &b| best_first(values[a], values[b], directions).then(a.cmp(&b)));
    let members: Vec<&Point<'_>> = members.iter().map(|&member| &considered[member]).collect();
    let (reference, hypervolume) = volume(&considered, &members, axes);
    Front {
        dataset: dataset.name.clone(),
        recommendation: recommendation::recommendation(data.derivations, dataset, axes, &members),
        observed: observed::observed(axes, &considered, &ranked),
        warnings: own_split::warnings(spec, data.runs, &considered),
        hypervolume,
        reference: reference.as_deref().map(decimals).unwrap_or_default(),
        omitted_members: i32::try_from(members.len().saturating_sub(MEMBERS_MAX)).unwrap_or(i32::MAX),
        members: members
            .iter()
            .take(MEMBERS_MAX)
            .map(|point| FrontMember {
                candidate: point.candidate.to_owned(),
                training_job_name: point.training_job.map(str::to_owned),
                observed: point.run.is_none(),
                values: decimals(&point.values),
            })
            .collect(),
        excluded,
    }
}

/// The reference point in the units of the objectives, and the hypervolume up to it, on their scales.
fn volume(considered: &[Point<'_>], members: &[&Point<'_>], axes: &Axes) -> (Option<Vec<f64>>, Option<String>) {
    let Axes { directions, scales } = axes;
    let positions: Vec<_> = considered.iter().map(|point| axes.positions(&point.values)).collect();
    let Some(reference) = pareto::reference(&positions, directions) else { return (None, None) };
    let value = |(scale, &position): (&Scale, &f64)| significant(scale.value(position), DIGITS);
    let reference: Vec<f64> = scales.iter().zip(&reference).map(value).collect();
    if !affordable(members.len(), directions.len()) {
        return (Some(reference), None);
    }
    let front: Vec<_> = members.iter().map(|point| axes.positions(&point.values)).collect();
    let volume = pareto::hypervolume(&front, directions, &axes.positions(&reference));
    (Some(reference), decimal(significant(volume, DIGITS)))
}

fn best_first(a: &[f64], b: &[f64], directions: &[Direction]) -> std::cmp::Ordering {
    a.iter()
        .zip(b)
        .zip(directions)
        .map(|((a, b), direction)| match direction {
            Direction::Maximize => b.total_cmp(a),
            Direction::Minimize => a.total_cmp(b),
        })
        .find(|ordering| ordering.is_ne())
        .unwrap_or(std::cmp::Ordering::Equal)
}

/// Lists fewer members of the longest fronts, if all fronts together would make the status too large.
fn bounded(mut fronts: Vec<Front>, objectives: usize) -> Vec<Front> {
    let mut most = MEMBERS_MAX;
    let listed = |most: usize| fronts.iter().map(|front| front.members.len().min(most)).sum::<usize>();
    while listed(most) * objectives > VALUES_MAX && most > 1 {
        most = most * 3 / 4;
    }
    for front in &mut fronts {
        let more = front.members.len().saturating_sub(most);
        front.omitted_members += i32::try_from(more).unwrap_or(i32::MAX);
        front.members.truncate(most);
    }
    fronts
}

/// Whether the exact hypervolume takes far less than a second even for the worst shape: 75,000 points with two
/// objectives take 4 ms, 10,000 with three 70 ms, 512 with six 80 ms; 512 with eight took 4.5 s, which is too long for
/// a pass.
fn affordable(points: usize, objectives: usize) -> bool {
    points
        <= match objectives {
            0..=2 => usize::MAX,
            3 => 10_000,
            4..=6 => 512,
            _ => 100,
        }
}

#[cfg(test)]
mod tests;
