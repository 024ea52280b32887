//! All problems that need a person, in one message, so that one edit can fix all of them.

use crate::problem::Problem;
use api::{Reason, RunStatus, clip};

/// Longest text of an example, in characters, if there are several.
const EXAMPLE: usize = 300;

/// The problem of the runs that wait for a person: for each reason its count and its first example, in the order in
/// which the reasons first occur. The first reason is that of the problem.
pub fn problem_of_runs(runs: &[RunStatus]) -> Option<Problem> {
    let groups = groups(runs);
    let (first, _) = groups.first()?;
    let message = match groups.as_slice() {
        [(reason, of_it)] => {
            let example = of_it[0];
            let others = match of_it.len() - 1 {
                0 => String::new(),
                others => format!(", and {}", more_runs(others)),
            };
            format!("{}{others}: {}", place(example), message(*reason, example))
        }
        _ => groups.iter().map(|(reason, of_it)| line(*reason, of_it)).collect::<Vec<_>>().join("; "),
    };
    Some(Problem::new(*first, message))
}

/// "1 more run", "2 more runs".
pub(crate) fn more_runs(count: usize) -> String {
    format!("{count} more {}", if count == 1 { "run" } else { "runs" })
}

/// The number of runs that wait for a person, by reason. If it changes, the user has something new to fix.
pub(crate) fn counts(runs: &[RunStatus]) -> Vec<(Reason, usize)> {
    groups(runs).into_iter().map(|(reason, of_it)| (reason, of_it.len())).collect()
}

fn groups(runs: &[RunStatus]) -> Vec<(Reason, Vec<&RunStatus>)> {
    let mut groups: Vec<(Reason, Vec<&RunStatus>)> = Vec::new();
    for run in runs.iter().filter(|run| !run.state.ended()) {
        let Some(reason) = run.reason.filter(|reason| reason.needs_person()) else { continue };
        match groups.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, of_it)) => of_it.push(run),
            None => groups.push((reason, vec![run])),
        }
    }
    groups
}

fn line(reason: Reason, runs: &[&RunStatus]) -> String {
    let example = format!("{}: {}", place(runs[0]), message(reason, runs[0]).trim_end_matches('.'));
    format!("{} {} ({})", runs.len(), reason.as_str(), clip(&example, EXAMPLE))
}

fn place(run: &RunStatus) -> String {
    format!("candidate '{}' on dataset '{}'", run.candidate, run.dataset)
}

fn message(reason: Reason, run: &RunStatus) -> &str {
    run.message.as_deref().unwrap_or(reason.as_str())
}
