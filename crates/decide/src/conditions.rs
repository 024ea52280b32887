//! The conditions that follow from the runs, as kstatus, Flux, Helm and Argo CD read them.

mod problems;

use super::collect_all;
use super::summary::sentence;
use crate::problem::Problem;
use api::{
    Condition, ConditionStatus, ConditionType, Counts, ExclusionReason, Front, ModelSelectionSpec, ReadyPolicy, Reason,
    RunState, RunStatus, WantedCondition,
};
pub(crate) use problems::counts as problem_counts;
pub use problems::problem_of_runs;

/// All that the conditions depend on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The spec.
    pub spec: &'a ModelSelectionSpec,
    /// The runs, as they now are.
    pub runs: &'a [RunStatus],
    /// Their counts.
    pub counts: &'a Counts,
    /// The fronts, as they now are.
    pub fronts: &'a [Front],
    /// Whether the selection was launched before, at the same generation: it does not become unready when a run of the
    /// queue is being created later.
    pub launched_before: bool,
    /// Why SageMaker cannot be observed, or does not stop a job, when a person must help.
    pub blind: Option<&'a Problem>,
    /// Why the runs are not all that the spec asks for: a selector that has found nothing yet, an expression that cannot
    /// be read.
    pub held: Option<&'a Problem>,
}

/// Where a selection stands as a whole: it decides all conditions but `Suspended`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Models are being resolved and jobs are being made.
    Starting,
    /// Something passing hinders it, and the operator tries again.
    Retrying,
    /// Jobs run, which is what was asked for.
    Launched,
    /// Jobs run, and their end was asked for.
    AwaitingCompletion,
    /// Nothing new starts.
    Suspended,
    /// Something needs a person.
    Stalled {
        /// Nothing else goes on meanwhile.
        finished: bool,
    },
    /// Every run has ended and each dataset has a front.
    Complete,
    /// Every run has ended and some dataset has no front.
    NoResult,
}

impl Standing {
    /// The statuses of the conditions, most telling first: `Reconciling` and `Stalled` only when True and never together.
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

    /// The conditions, all with that reason and message.
    fn conditions(self, problem: &Problem) -> Vec<WantedCondition> {
        let Problem { reason, message } = problem;
        let condition = |(type_, status)| WantedCondition { type_, status, reason: *reason, message: message.clone() };
        self.statuses().into_iter().map(condition).collect()
    }
}

/// The conditions of a selection with whose spec nothing can be done.
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
        // What has ended keeps its conditions: it shows that it would not start again either.
        all.push(WantedCondition {
            type_: ConditionType::Suspended,
            status: ConditionStatus::True,
            reason: Reason::Suspended,
            message: suspended,
        });
    }
    all
}

/// Where the selection stands, and why. The first case that holds counts.
fn standing(situation: Situation<'_>, summary: String, suspended: &str) -> (Standing, Problem) {
    let Situation { spec, runs, fronts, launched_before, blind, held, .. } = situation;
    if complete(spec, runs) && held.is_none() && blind.is_none() {
        let summary = with_exclusions(summary, fronts);
        return match no_usable_result(runs, fronts) {
            None => (Standing::Complete, Problem::new(Reason::Completed, summary)),
            Some(problem) => (Standing::NoResult, with_summary(&problem, &summary)),
        };
    }
    let stalled = || Standing::Stalled { finished: blind.is_some() || nothing_goes_on(runs) };
    if spec.suspend {
        // Who counts before paying, suspended, is to hear why there is nothing to count.
        let message = held.map_or_else(|| suspended.to_owned(), |held| sentences(suspended, &held.message));
        return match blind {
            Some(problem) if problem.reason.needs_person() => (stalled(), with_summary(problem, &message)),
            Some(problem) => (Standing::Retrying, with_summary(problem, &message)),
            None => (Standing::Suspended, Problem::new(Reason::Suspended, message)),
        };
    }
    let of_spec = held.filter(|held| held.reason.needs_person()).cloned();
    let of_sagemaker = || blind.filter(|blind| blind.reason.needs_person()).cloned();
    if let Some(problem) = of_spec.or_else(|| problem_of_runs(runs)).or_else(of_sagemaker) {
        return (stalled(), with_summary(&problem, &summary));
    }
    if let Some(problem) = blind {
        return (Standing::Retrying, with_summary(problem, &summary));
    }
    let retrying = |run: &&RunStatus| run.reason == Some(Reason::RetryingAfterError);
    let of_run = runs.iter().find(retrying).map(|run| run.message.as_deref().unwrap_or("SageMaker cannot be reached"));
    let of_spec = held.filter(|held| held.reason == Reason::RetryingAfterError).map(|held| held.message.as_str());
    if let (Some(why), false) = (of_spec.or(of_run), launched_before) {
        return (Standing::Retrying, Problem::new(Reason::RetryingAfterError, sentences(why, &summary)));
    }
    if !launched_before && (held.is_some() || !launched(runs)) {
        let held_up = runs.iter().find(|run| run.state == RunState::Waiting && run.message.is_some());
        let of_run = held_up.and_then(|run| run.message.as_deref());
        let why = held.map(|held| held.message.as_str()).or(of_run);
        let message = why.map_or_else(|| summary.clone(), |why| sentences(why, &summary));
        return (Standing::Starting, Problem::new(Reason::Progressing, message));
    }
    match spec.ready_policy {
        ReadyPolicy::Launched => (Standing::Launched, Problem::new(Reason::TuningRunning, summary)),
        ReadyPolicy::Completed => (Standing::AwaitingCompletion, Problem::new(Reason::WaitingForCompletion, summary)),
    }
}

/// The problem with the summary behind it.
fn with_summary(problem: &Problem, summary: &str) -> Problem {
    Problem::new(problem.reason, sentences(&problem.message, summary))
}

/// Whether every run has ended or waits for a person.
fn nothing_goes_on(runs: &[RunStatus]) -> bool {
    runs.iter().all(|run| {
        run.state.ended() || (run.state == RunState::Waiting && run.reason.is_some_and(Reason::needs_person))
    })
}

/// Whether every run has ended, for good, and its training jobs are read where they are wanted.
pub fn complete(spec: &ModelSelectionSpec, runs: &[RunStatus]) -> bool {
    let for_good = |run: &RunStatus| {
        run.state.ended() && !(run.state == RunState::Stopped && run.reason == Some(Reason::Suspended))
    };
    runs.iter().all(|run| for_good(run) && !collect_all::pending(spec, run))
}

/// Whether the conditions of `before` say that the selection, at `generation`, had been launched.
pub fn launched_before(before: &[Condition], generation: Option<i64>) -> bool {
    before.iter().any(|condition| {
        condition.type_ == ConditionType::Ready.as_str()
            && condition.observed_generation == generation
            && [Reason::TuningRunning, Reason::WaitingForCompletion].iter().any(|r| r.as_str() == condition.reason)
    })
}

/// Whether every run that may have a job now has one.
fn launched(runs: &[RunStatus]) -> bool {
    let places = [Reason::Queued, Reason::QuotaExceeded, Reason::Throttled];
    let on_its_way = |run: &RunStatus| {
        // One that waits for the quota may keep a name from an earlier try; it is on its way only when there is a place.
        let asked_for = run.tuning_job_name.is_some() && run.reason != Some(Reason::QuotaExceeded);
        // Others wait for their model or for SageMaker: once it answers, they start.
        let held_up = run.reason.is_some_and(|reason| !places.contains(&reason));
        run.state == RunState::Waiting && (asked_for || held_up)
    };
    !runs.iter().any(on_its_way) && runs.iter().any(|run| run.state.active() || run.state.ended())
}

/// Two sentences, of which the first may have its end already.
fn sentences(first: &str, second: &str) -> String {
    let ended = ["?", "!", "..."].iter().any(|end| first.ends_with(end));
    if ended { format!("{first} {second}") } else { format!("{}. {second}", first.trim_end_matches('.')) }
}

/// Why a dataset has no front, if one has none.
fn no_usable_result(runs: &[RunStatus], fronts: &[Front]) -> Option<Problem> {
    // What was measured elsewhere does not stand for the runs.
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

/// The summary with what is to be known of the fronts.
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
            format!("{summary}. Not all values of '{}' compare; see `status.fronts[].warnings`", warning.metric)
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
