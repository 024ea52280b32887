//! The conditions that follow from the runs, as kstatus, Flux, Helm and Argo CD read them.

mod problems;

use super::collect_all;
use super::summary::sentence;
use crate::problem::Problem;
use api::{
    Condition, ConditionStatus, ConditionType, Counts, ExclusionReason, Front, ModelSelectionSpec, ReadyPolicy, Reason,
    RunState, RunStatus, WantedCondition,
};
pub use problems::problem_of_runs;
pub(crate) use problems::{counts as problem_counts, more_runs};

/// Everything that the conditions depend on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The spec.
    pub spec: &'a ModelSelectionSpec,
    /// The current runs.
    pub runs: &'a [RunStatus],
    /// Their counts.
    pub counts: &'a Counts,
    /// The current fronts.
    pub fronts: &'a [Front],
    /// Whether the selection was launched before, in the same generation: it does not become unready when a queued run
    /// is created later.
    pub launched_before: bool,
    /// Why SageMaker cannot be observed, or does not stop a job, if a person must act.
    pub unobserved: Option<&'a Problem>,
    /// Why the runs are not all that the spec asks for: a selector that has no result yet, or an expression that cannot
    /// be parsed.
    pub incomplete: Option<&'a Problem>,
}

/// The overall state of a selection: it determines all conditions except `Suspended`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Models are being resolved and jobs are being created.
    Starting,
    /// A transient fault: the operator retries.
    Retrying,
    /// Jobs are running, and readyPolicy is Launched.
    Launched,
    /// Jobs are running, and readyPolicy is Completed.
    AwaitingCompletion,
    /// Suspended: nothing new starts.
    Suspended,
    /// A person must act.
    Stalled {
        /// Nothing else is in progress meanwhile.
        finished: bool,
    },
    /// Every run has ended, and each dataset has a front.
    Complete,
    /// Every run has ended, and at least one dataset has no front.
    NoResult,
}

impl Standing {
    /// The statuses of the conditions, most important first: `Reconciling` and `Stalled` only when True, and never
    /// together.
    fn statuses(self) -> Vec<(ConditionType, ConditionStatus)> {
        use ConditionStatus::{False, True, Unknown};
        use ConditionType::{Finished, Ready, Reconciling, Stalled, Succeeded};
        let (ready, abnormal, succeeded, finished) = match self {
            Self::Starting => (Unknown, Some(Reconciling), Unknown, False),
            Self::Retrying | Self::AwaitingCompletion => (False, Some(Reconciling), Unknown, False),
            Self::Launched | Self::Suspended => (True, None, Unknown, False),
            Self::Stalled { finished: false } => (False, Some(Stalled), Unknown, False),
            Self::Stalled { finished: true } => (False, Some(Stalled), Unknown, True),
            Self::Complete => (True, None, True, True),
            Self::NoResult => (False, Some(Stalled), False, True),
        };
        let abnormal = abnormal.map(|type_| (type_, True));
        [Some((Ready, ready)), abnormal, Some((Succeeded, succeeded)), Some((Finished, finished))]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The conditions, all with the reason and message of `problem`.
    fn conditions(self, problem: &Problem) -> Vec<WantedCondition> {
        let Problem { reason, message } = problem;
        let condition = |(type_, status)| WantedCondition { type_, status, reason: *reason, message: message.clone() };
        self.statuses().into_iter().map(condition).collect()
    }
}

/// The conditions of a selection with an unusable spec.
pub fn invalid(problem: &Problem) -> Vec<WantedCondition> {
    Standing::Stalled { finished: true }.conditions(problem)
}

/// The conditions of a selection whose deletion waits.
pub fn deleting(problem: &Problem) -> Vec<WantedCondition> {
    let needs_person = problem.reason.needs_person();
    let standing = if needs_person { Standing::Stalled { finished: false } } else { Standing::Retrying };
    standing.conditions(problem)
}

/// The conditions, the most important first.
pub fn conditions(situation: Situation<'_>) -> Vec<WantedCondition> {
    let Situation { spec, runs, counts, .. } = situation;
    let summary = sentence(counts) + &collect_all::summary(spec, runs);
    let suspended = format!("suspended: nothing new starts until `suspend` is false. {summary}");
    let (standing, problem) = standing(situation, summary, &suspended);
    let mut all = standing.conditions(&problem);
    if spec.suspend {
        // A selection that has ended keeps its conditions while it is suspended: nothing would start without suspend
        // either.
        all.push(WantedCondition {
            type_: ConditionType::Suspended,
            status: ConditionStatus::True,
            reason: Reason::Suspended,
            message: suspended,
        });
    }
    all
}

/// The overall state of the selection, with reason and message. The first matching case counts.
fn standing(situation: Situation<'_>, summary: String, suspended: &str) -> (Standing, Problem) {
    let Situation { spec, runs, fronts, launched_before, unobserved, incomplete, .. } = situation;
    if complete(spec, runs) && incomplete.is_none() && unobserved.is_none() {
        let summary = with_exclusions(summary, fronts);
        return match no_usable_result(runs, fronts) {
            None => (Standing::Complete, Problem::new(Reason::Completed, summary)),
            Some(problem) => (Standing::NoResult, with_summary(&problem, &summary)),
        };
    }
    let stalled = || Standing::Stalled { finished: unobserved.is_some() || nothing_goes_on(runs) };
    if spec.suspend {
        // A user who applies a suspended selection to count its runs first must see why there are none.
        let message =
            incomplete.map_or_else(|| suspended.to_owned(), |incomplete| sentences(suspended, &incomplete.message));
        return match unobserved {
            Some(problem) if problem.reason.needs_person() => (stalled(), with_summary(problem, &message)),
            Some(problem) => (Standing::Retrying, with_summary(problem, &message)),
            None => (Standing::Suspended, Problem::new(Reason::Suspended, message)),
        };
    }
    let of_spec = incomplete.filter(|incomplete| incomplete.reason.needs_person()).cloned();
    let of_sagemaker = || unobserved.filter(|unobserved| unobserved.reason.needs_person()).cloned();
    if let Some(problem) = of_spec.or_else(|| problem_of_runs(runs)).or_else(of_sagemaker) {
        return (stalled(), with_summary(&problem, &summary));
    }
    if let Some(problem) = unobserved {
        return (Standing::Retrying, with_summary(problem, &summary));
    }
    let retrying = |run: &&RunStatus| run.reason == Some(Reason::RetryingAfterError);
    let of_run = runs.iter().find(retrying).map(|run| run.message.as_deref().unwrap_or("SageMaker cannot be reached"));
    let of_spec = incomplete
        .filter(|incomplete| incomplete.reason == Reason::RetryingAfterError)
        .map(|incomplete| incomplete.message.as_str());
    if let (Some(why), false) = (of_spec.or(of_run), launched_before) {
        return (Standing::Retrying, Problem::new(Reason::RetryingAfterError, sentences(why, &summary)));
    }
    if !launched_before && (incomplete.is_some() || !launched(runs)) {
        let held_up = runs.iter().find(|run| run.state == RunState::Waiting && run.message.is_some());
        let of_run = held_up.and_then(|run| run.message.as_deref());
        let why = incomplete.map(|incomplete| incomplete.message.as_str()).or(of_run);
        let message = why.map_or_else(|| summary.clone(), |why| sentences(why, &summary));
        return (Standing::Starting, Problem::new(Reason::Progressing, message));
    }
    match spec.ready_policy {
        ReadyPolicy::Launched => (Standing::Launched, Problem::new(Reason::TuningRunning, summary)),
        ReadyPolicy::Completed => (Standing::AwaitingCompletion, Problem::new(Reason::WaitingForCompletion, summary)),
    }
}

/// The problem, with the summary appended.
fn with_summary(problem: &Problem, summary: &str) -> Problem {
    Problem::new(problem.reason, sentences(&problem.message, summary))
}

/// Whether every run has ended or waits for a person.
fn nothing_goes_on(runs: &[RunStatus]) -> bool {
    runs.iter().all(|run| {
        run.state.ended() || (run.state == RunState::Waiting && run.reason.is_some_and(Reason::needs_person))
    })
}

/// Whether every run has ended for good, and all wanted training jobs are collected.
pub fn complete(spec: &ModelSelectionSpec, runs: &[RunStatus]) -> bool {
    let for_good = |run: &RunStatus| {
        run.state.ended() && !(run.state == RunState::Stopped && run.reason == Some(Reason::Suspended))
    };
    runs.iter().all(|run| for_good(run) && !collect_all::pending(spec, run))
}

/// Whether the conditions of `before` say that the selection was launched, in `generation`.
pub fn launched_before(before: &[Condition], generation: Option<i64>) -> bool {
    before.iter().any(|condition| {
        condition.type_ == ConditionType::Ready.as_str()
            && condition.observed_generation == generation
            && [Reason::TuningRunning, Reason::WaitingForCompletion].iter().any(|r| r.as_str() == condition.reason)
    })
}

/// Whether every run that could have a job by now has one.
fn launched(runs: &[RunStatus]) -> bool {
    let places = [Reason::Queued, Reason::QuotaExceeded, Reason::Throttled];
    let on_its_way = |run: &RunStatus| {
        // A run that waits for the quota may keep its name from an earlier try. It only counts as starting once it has
        // a permit.
        let asked_for = run.tuning_job_name.is_some() && run.reason != Some(Reason::QuotaExceeded);
        // Other runs wait for their model or for SageMaker, and start as soon as it responds.
        let held_up = run.reason.is_some_and(|reason| !places.contains(&reason));
        run.state == RunState::Waiting && (asked_for || held_up)
    };
    !runs.iter().any(on_its_way) && runs.iter().any(|run| run.state.active() || run.state.ended())
}

/// Two sentences, of which the first may already end with a full stop.
fn sentences(first: &str, second: &str) -> String {
    let ended = ["?", "!", "..."].iter().any(|end| first.ends_with(end));
    if ended { format!("{first} {second}") } else { format!("{}. {second}", first.trim_end_matches('.')) }
}

/// Why a dataset has no front, if there is such a dataset.
fn no_usable_result(runs: &[RunStatus], fronts: &[Front]) -> Option<Problem> {
    // Observed candidates do not count as results of runs.
    let only_observed = |front: &Front| {
        let mut of_it = runs.iter().filter(|run| run.dataset == front.dataset).peekable();
        let any = of_it.peek().is_some();
        any && front.members.iter().all(|member| member.observed) && of_it.all(|run| run.pareto_rank.is_none())
    };
    let empty = fronts.iter().find(|front| front.members.is_empty() || only_observed(front))?;
    let reason = if empty.excluded.iter().any(|e| e.reason == ExclusionReason::MetricMissing) {
        Reason::MetricMissing
    } else {
        Reason::NoUsableResult
    };
    let why = empty.excluded.first().map_or_else(String::new, |e| {
        format!(": candidate '{}' is excluded ({:?}): {}", e.candidate, e.reason, e.message.trim_end_matches('.'))
    });
    Some(Problem::new(reason, format!("dataset '{}' has no run that can be on the front{why}", empty.dataset)))
}

/// The summary, with notes about the fronts.
fn with_exclusions(summary: String, fronts: &[Front]) -> String {
    let excluded: Vec<&str> = fronts
        .iter()
        .flat_map(|front| &front.excluded)
        .filter(|e| e.reason != ExclusionReason::RunNotSucceeded)
        .map(|e| e.candidate.as_str())
        .collect();
    let doubtful = fronts.iter().flat_map(|front| &front.warnings).next();
    let summary = match doubtful {
        Some(warning) => {
            format!("{summary}. Not all values of '{}' are comparable; see `status.fronts[].warnings`", warning.metric)
        }
        None => summary,
    };
    match excluded.as_slice() {
        [] => summary,
        [first] => format!(
            "{summary}. 1 result is not considered for the front: that of {first}; see `status.fronts[].excluded`"
        ),
        [first, ..] => format!(
            "{summary}. {} results are not considered for the front, that of {first} among them; see `status.fronts[].excluded`",
            excluded.len()
        ),
    }
}

#[cfg(test)]
mod tests;
