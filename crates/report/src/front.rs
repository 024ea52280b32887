//! The front of a dataset, and the rows that it adds to the rows of runs.

use api::{Excluded, ExclusionReason, FrontMember, parse_decimal};
use jiff::Timestamp;
use serde::Serialize;

use super::history::{Axis, Step, history};
use super::run::{self, Kind, Role, Run};

/// The front of a dataset. It refers to rows by their index in `runs`.
#[derive(Clone, Debug, Serialize)]
pub struct Front {
    dataset: String,
    members: Vec<usize>,
    /// Members that the status does not list.
    omitted: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    recommended: Option<usize>,
    /// Why it is recommended.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    alternatives: Vec<Alternative>,
    /// Warnings about objectives whose values are not comparable.
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hypervolume: Option<f64>,
    history: Vec<Step>,
}

/// Another member, with its trade-off.
#[derive(Clone, Debug, Serialize)]
struct Alternative {
    run: usize,
    message: String,
}

/// The view of `front`. Adds rows for members and observed results that are not runs, and sets the role of excluded
/// rows.
pub fn front(front: &api::Front, runs: &mut Vec<Run>, source: &run::Source<'_>, axes: &[Axis]) -> Front {
    let dataset = front.dataset.as_str();
    for point in &front.observed {
        let mut row = run::of_observed(source, &point.candidate, dataset, &point.values);
        row.role = if point.pareto_rank == 0 { Role::Front } else { Role::Dominated };
        row.rank = Some(point.pareto_rank);
        row.beaten_by.clone_from(&point.beaten_by);
        runs.push(row);
    }
    for entry in &front.excluded {
        exclude(runs, source, dataset, entry);
    }
    let members: Vec<usize> = front.members.iter().filter_map(|member| row(runs, dataset, member)).collect();
    let all_trials = front.members.iter().any(|member| member.training_job_name.is_some());
    if all_trials && front.omitted_members == 0 {
        // The rank of a run is that of its best-ranked training job, which need not be the one of its row.
        let rows =
            runs.iter_mut().enumerate().filter(|(index, run)| run.dataset == dataset && !members.contains(index));
        for (_, row) in rows.filter(|(_, row)| row.role == Role::Front) {
            (row.role, row.rank) = (Role::Dominated, None);
        }
    }
    let at = |candidate: &str, training_job: Option<&String>| {
        let of_candidate = || members.iter().copied().filter(|&index| runs[index].candidate == candidate);
        let exact = of_candidate().find(|&index| runs[index].training_job.as_ref() == training_job);
        // A training job that is not listed must not be mistaken for another one of its candidate.
        exact.or_else(|| of_candidate().next().filter(|_| training_job.is_none()))
    };
    let recommendation = front.recommendation.as_ref();
    let alternatives = recommendation.map_or(&[][..], |recommendation| &recommendation.alternatives);
    Front {
        recommended: recommendation.and_then(|one| at(one.candidate.as_ref()?, one.training_job_name.as_ref())),
        warnings: front.warnings.iter().map(|warning| warning.message.clone()).collect(),
        why: recommendation.map(|one| one.message.clone()).filter(|message| !message.is_empty()),
        alternatives: alternatives
            .iter()
            .filter_map(|one| {
                let run = at(&one.candidate, one.training_job_name.as_ref())?;
                Some(Alternative { run, message: one.message.clone() })
            })
            .collect(),
        omitted: front.omitted_members,
        hypervolume: front.hypervolume.as_deref().and_then(parse_decimal),
        history: history(considered(runs, source, dataset), axes),
        dataset: dataset.to_owned(),
        members,
    }
}

/// The row of a member of a front; adds one if there is none yet.
fn row(runs: &mut Vec<Run>, dataset: &str, member: &FrontMember) -> Option<usize> {
    let of_candidate = |run: &Run| run.dataset == dataset && run.candidate == member.candidate;
    let same = |run: &Run| {
        run.kind == Kind::Observed || member.training_job_name.is_none() || run.training_job == member.training_job_name
    };
    if let Some(index) = runs.iter().position(|run| of_candidate(run) && same(run)) {
        return Some(index);
    }
    let run = runs.iter().find(|run| of_candidate(run))?;
    let trial = run::of_trial(run, member.training_job_name.as_ref()?, values(&member.values));
    runs.push(trial);
    Some(runs.len() - 1)
}

/// Sets role, reason and message of an excluded row.
fn exclude(runs: &mut Vec<Run>, source: &run::Source<'_>, dataset: &str, entry: &Excluded) {
    let known = runs.iter().position(|run| run.dataset == dataset && run.candidate == entry.candidate);
    let index = known.unwrap_or_else(|| {
        // An excluded result without a run belongs to an observed candidate.
        runs.push(run::of_observed(source, &entry.candidate, dataset, &[]));
        runs.len() - 1
    });
    let row = &mut runs[index];
    row.role = if entry.reason == ExclusionReason::Infeasible { Role::Infeasible } else { Role::Excluded };
    // The reason of a failed run is more specific than RunNotSucceeded.
    if row.reason.is_none() {
        row.reason = Some(run::word(&entry.reason));
    }
    row.message = Some(entry.message.clone());
}

/// The objectives of the results that are considered for the front, each with the time from which it is known.
fn considered(runs: &[Run], source: &run::Source<'_>, dataset: &str) -> Vec<(Timestamp, Vec<f64>)> {
    let objectives = source.selection.spec.objectives.len();
    let point = |run: &Run| {
        let known = if run.kind == Kind::Observed { source.started } else { run.ended };
        let values: Vec<f64> = run.values.get(..objectives)?.iter().copied().collect::<Option<_>>()?;
        Some((Timestamp::from_second(known?).ok()?, values))
    };
    let considered = |run: &&Run| run.dataset == dataset && matches!(run.role, Role::Front | Role::Dominated);
    runs.iter().filter(considered).filter_map(point).collect()
}

/// The values of the objectives, in their order.
fn values(values: &[String]) -> Vec<Option<f64>> {
    values.iter().map(|value| parse_decimal(value)).collect()
}
