//! The conditions that follow from the runs, as kstatus, Flux, Helm and Argo CD read them.

use super::summary::sentence;
use super::trials;
use crate::problem::Problem;
use api::{
    Condition, ConditionType, Counts, ExclusionReason, Front, ModelSelectionSpec, ReadyPolicy, Reason, RunState,
    RunStatus,
};

/// One wanted condition: type, status, reason, message.
pub type Wanted = (ConditionType, &'static str, Reason, String);

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

/// The conditions, most telling first: `Reconciling` and `Stalled` only when True and never together.
pub fn conditions(situation: Situation<'_>) -> Vec<Wanted> {
    use ConditionType::{Ready, Reconciling, Stalled, Succeeded, Suspended};
    let Situation { spec, runs, counts, fronts, launched_before, blind, held } = situation;
    let summary = sentence(counts) + &trials::told(spec, runs);

    if complete(spec, runs) && held.is_none() && blind.is_none() {
        let summary = with_exclusions(summary, fronts);
        return match no_usable_result(fronts) {
            None => vec![
                (Ready, "True", Reason::Completed, summary.clone()),
                (Succeeded, "True", Reason::Completed, summary),
            ],
            Some(Problem { reason, message: why }) => {
                let message = sentences(&why, &summary);
                vec![
                    (Ready, "False", reason, message.clone()),
                    (Stalled, "True", reason, message.clone()),
                    (Succeeded, "False", reason, message),
                ]
            }
        };
    }
    if spec.suspend {
        let message = format!("suspended: nothing new starts until `suspend` is false. {summary}");
        // Who counts before paying, suspended, is to hear why there is nothing to count.
        let message = held.map_or_else(|| message.clone(), |held| sentences(&message, &held.message));
        if let Some(Problem { reason, message: why }) = blind {
            let trouble = sentences(why, &message);
            return vec![
                (Ready, "False", *reason, trouble.clone()),
                (Stalled, "True", *reason, trouble.clone()),
                (Succeeded, "Unknown", *reason, trouble),
                (Suspended, "True", Reason::Suspended, message),
            ];
        }
        return vec![
            (Ready, "True", Reason::Suspended, message.clone()),
            (Succeeded, "Unknown", Reason::Suspended, message.clone()),
            (Suspended, "True", Reason::Suspended, message),
        ];
    }
    let of_spec = held.filter(|held| held.reason.needs_person()).cloned();
    if let Some(Problem { reason, message: why }) =
        of_spec.or_else(|| needs_person(runs, blind.filter(|blind| blind.reason.needs_person())))
    {
        let message = sentences(&why, &summary);
        return vec![
            (Ready, "False", reason, message.clone()),
            (Stalled, "True", reason, message.clone()),
            (Succeeded, "Unknown", reason, message),
        ];
    }
    if let Some(Problem { reason, message: why }) = blind {
        let message = sentences(why, &summary);
        return vec![
            (Ready, "False", *reason, message.clone()),
            (Reconciling, "True", *reason, message.clone()),
            (Succeeded, "Unknown", *reason, message),
        ];
    }
    let retrying = |run: &&RunStatus| run.reason == Some(Reason::RetryingAfterError);
    let of_run = runs.iter().find(retrying).map(|run| run.message.as_deref().unwrap_or("SageMaker cannot be reached"));
    let of_spec = held.filter(|held| held.reason == Reason::RetryingAfterError).map(|held| held.message.as_str());
    if let (Some(why), false) = (of_spec.or(of_run), launched_before) {
        let message = sentences(why, &summary);
        return vec![
            (Ready, "False", Reason::RetryingAfterError, message.clone()),
            (Reconciling, "True", Reason::RetryingAfterError, message.clone()),
            (Succeeded, "Unknown", Reason::RetryingAfterError, message),
        ];
    }
    if !launched_before && (held.is_some() || !launched(runs)) {
        let held_up = runs.iter().find(|run| run.state == RunState::Waiting && run.message.is_some());
        let of_run = held_up.and_then(|run| run.message.as_deref());
        let summary = match held.map(|held| held.message.as_str()).or(of_run) {
            Some(why) => sentences(why, &summary),
            None => summary,
        };
        return vec![
            (Ready, "Unknown", Reason::Progressing, summary.clone()),
            (Reconciling, "True", Reason::Progressing, summary.clone()),
            (Succeeded, "Unknown", Reason::Progressing, summary),
        ];
    }
    match spec.ready_policy {
        ReadyPolicy::Launched => vec![
            (Ready, "True", Reason::TuningRunning, summary.clone()),
            (Succeeded, "Unknown", Reason::TuningRunning, summary),
        ],
        ReadyPolicy::Completed => vec![
            (Ready, "False", Reason::WaitingForCompletion, summary.clone()),
            (Reconciling, "True", Reason::WaitingForCompletion, summary.clone()),
            (Succeeded, "Unknown", Reason::WaitingForCompletion, summary),
        ],
    }
}

/// Whether every run has ended, for good, and its training jobs are read where they are wanted.
pub fn complete(spec: &ModelSelectionSpec, runs: &[RunStatus]) -> bool {
    let for_good = |run: &RunStatus| {
        run.state.ended() && !(run.state == RunState::Stopped && run.reason == Some(Reason::Suspended))
    };
    runs.iter().all(|run| for_good(run) && !trials::pending(spec, run))
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

/// The first trouble that needs a person, told with the number of runs that have it.
fn needs_person(runs: &[RunStatus], blind: Option<&Problem>) -> Option<Problem> {
    let troubled = |run: &&RunStatus| !run.state.ended() && run.reason.is_some_and(Reason::needs_person);
    let Some(first) = runs.iter().find(troubled) else { return blind.cloned() };
    let reason = first.reason?;
    let others = runs.iter().filter(troubled).count() - 1;
    let message = first.message.as_deref().unwrap_or(reason.as_str());
    let place = format!("candidate '{}' on dataset '{}'", first.candidate, first.dataset);
    Some(Problem::new(
        reason,
        match others {
            0 => format!("{place}: {message}"),
            1 => format!("{place}, and one more run: {message}"),
            n => format!("{place}, and {n} more runs: {message}"),
        },
    ))
}

/// Why a dataset has no front, if one has none.
fn no_usable_result(fronts: &[Front]) -> Option<Problem> {
    let empty = fronts.iter().find(|front| front.members.is_empty())?;
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

fn with_exclusions(summary: String, fronts: &[Front]) -> String {
    let excluded: Vec<&str> = fronts
        .iter()
        .flat_map(|front| &front.excluded)
        .filter(|e| e.reason != ExclusionReason::RunNotSucceeded)
        .map(|e| e.candidate.as_str())
        .collect();
    match excluded.as_slice() {
        [] => summary,
        [first] => format!(
            "{summary}. 1 succeeded run is not considered for the front: {first}; see `status.fronts[].excluded`"
        ),
        [first, ..] => format!(
            "{summary}. {} succeeded runs are not considered for the front, {first} among them; see `status.fronts[].excluded`",
            excluded.len()
        ),
    }
}

#[cfg(test)]
mod kstatus;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::counts;
    use api::{Excluded, FrontMember};
    use samples::spec;

    pub fn run(state: RunState, reason: Option<Reason>) -> RunStatus {
        RunStatus { candidate: "c".into(), dataset: "d".into(), ..Default::default() }.with(state, reason, None)
    }

    pub fn front(members: usize) -> Front {
        let member = FrontMember { candidate: "c".into(), training_job_name: None, observed: false, values: vec![] };
        Front { dataset: "d".into(), members: vec![member; members], ..Default::default() }
    }

    fn told(
        spec: &ModelSelectionSpec,
        runs: &[RunStatus],
        fronts: &[Front],
        launched_before: bool,
    ) -> Vec<(ConditionType, &'static str, Reason)> {
        conditions(Situation { spec, runs, counts: &counts(runs), fronts, launched_before, blind: None, held: None })
            .into_iter()
            .map(|(type_, status, reason, _)| (type_, status, reason))
            .collect()
    }

    #[test]
    fn sentences_end_once() {
        assert_eq!(sentences("one", "Two"), "one. Two");
        assert_eq!(sentences("one.", "Two"), "one. Two");
        assert_eq!(sentences("one?", "Two"), "one? Two");
        assert_eq!(sentences("cut of...", "Two"), "cut of... Two");
    }

    #[test]
    fn each_row_of_the_table() {
        use ConditionType::{Ready, Reconciling, Stalled, Succeeded, Suspended};
        use RunState::{Failed, Running, Stopped, Waiting};
        let launched = spec();
        let mut completed = spec();
        completed.ready_policy = ReadyPolicy::Completed;
        let mut suspended = spec();
        suspended.suspend = true;
        let creating = RunStatus { tuning_job_name: Some("ms-x".into()), ..run(Waiting, Some(Reason::Creating)) };
        let queued = run(Waiting, Some(Reason::Queued));
        let refused = RunStatus { tuning_job_name: Some("ms-x".into()), ..run(Waiting, Some(Reason::QuotaExceeded)) };
        let running = run(Running, None);
        let done = run(RunState::Succeeded, None);
        let unknown = run(Waiting, Some(Reason::UnknownModel));
        let away = run(Waiting, Some(Reason::RetryingAfterError));
        let asked = run(Waiting, Some(Reason::Progressing));

        let progressing = vec![
            (Ready, "Unknown", Reason::Progressing),
            (Reconciling, "True", Reason::Progressing),
            (Succeeded, "Unknown", Reason::Progressing),
        ];
        let tuning = vec![(Ready, "True", Reason::TuningRunning), (Succeeded, "Unknown", Reason::TuningRunning)];
        let waiting = vec![
            (Ready, "False", Reason::WaitingForCompletion),
            (Reconciling, "True", Reason::WaitingForCompletion),
            (Succeeded, "Unknown", Reason::WaitingForCompletion),
        ];
        let stalled = vec![
            (Ready, "False", Reason::UnknownModel),
            (Stalled, "True", Reason::UnknownModel),
            (Succeeded, "Unknown", Reason::UnknownModel),
        ];
        let retrying = vec![
            (Ready, "False", Reason::RetryingAfterError),
            (Reconciling, "True", Reason::RetryingAfterError),
            (Succeeded, "Unknown", Reason::RetryingAfterError),
        ];
        let complete = vec![(Ready, "True", Reason::Completed), (Succeeded, "True", Reason::Completed)];
        let useless = vec![
            (Ready, "False", Reason::NoUsableResult),
            (Stalled, "True", Reason::NoUsableResult),
            (Succeeded, "False", Reason::NoUsableResult),
        ];
        let paused = vec![
            (Ready, "True", Reason::Suspended),
            (Succeeded, "Unknown", Reason::Suspended),
            (Suspended, "True", Reason::Suspended),
        ];

        for (case, spec, runs, front_size, before, expected) in [
            ("nothing made yet", &launched, vec![queued.clone()], 0, false, &progressing),
            ("being created", &launched, vec![creating.clone(), running.clone()], 0, false, &progressing),
            ("a later one being created", &launched, vec![creating, done.clone()], 0, true, &tuning),
            ("running", &launched, vec![running.clone(), queued.clone()], 0, false, &tuning),
            ("one waits for the quota", &launched, vec![running.clone(), refused], 0, false, &tuning),
            ("running, to complete", &completed, vec![running.clone()], 0, false, &waiting),
            ("one needs a person", &launched, vec![running.clone(), unknown], 0, true, &stalled),
            ("one waits for its model", &launched, vec![done.clone(), asked.clone()], 0, false, &progressing),
            ("one waits for its model, others run", &launched, vec![running.clone(), asked], 0, false, &progressing),
            ("away before launch", &launched, vec![away.clone()], 0, false, &retrying),
            ("away later", &launched, vec![away, running.clone()], 0, true, &tuning),
            ("complete", &completed, vec![done.clone(), run(Failed, None)], 1, true, &complete),
            ("no result", &launched, vec![run(Failed, None)], 0, true, &useless),
            ("suspended", &suspended, vec![running, queued], 0, false, &paused),
            (
                "stopped by suspend",
                &suspended,
                vec![run(Stopped, Some(Reason::Suspended)), done.clone()],
                1,
                false,
                &paused,
            ),
            ("complete, then suspended", &suspended, vec![done], 1, false, &complete),
        ] {
            assert_eq!(&told(spec, &runs, &[front(front_size)], before), expected, "{case}");
        }
    }

    #[test]
    fn a_metric_that_nobody_emitted_is_told_by_name() {
        let runs = [run(RunState::Succeeded, None)];
        let mut empty = front(0);
        empty.excluded.push(Excluded {
            candidate: "c".into(),
            reason: ExclusionReason::MetricMissing,
            message: "the best training job did not emit 'x'".into(),
        });
        let wanted = conditions(Situation {
            spec: &spec(),
            runs: &runs,
            counts: &counts(&runs),
            fronts: &[empty],
            launched_before: true,
            blind: None,
            held: None,
        });
        assert_eq!(wanted[0].2, Reason::MetricMissing);
        assert!(wanted[0].3.contains("did not emit 'x'"), "{}", wanted[0].3);
    }
}
