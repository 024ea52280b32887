//! Which Events to publish for a change of the status.

use super::conditions::{more_runs, problem_counts};
use api::{Condition, ConditionType, ExclusionReason, ModelSelectionStatus, Reason, RunState, RunStatus, clip};

/// Longest note in bytes: the API server refuses longer ones.
pub const NOTE_MAX: usize = 1024;

/// An Event to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventNote {
    /// Whether the type is Warning.
    pub warning: bool,
    /// The reason: the same word as in the condition.
    pub reason: &'static str,
    /// What happened.
    pub note: String,
}

/// The Events of the change from `before` to `after`: one if the reason of Ready or the problems that need a person
/// change, one if runs have newly failed, one if results newly lack a metric. Equal statuses give none.
pub fn events(before: &ModelSelectionStatus, after: &ModelSelectionStatus) -> Vec<EventNote> {
    let ready = |status: &ModelSelectionStatus| -> Option<Condition> {
        status.conditions.iter().find(|c| c.type_ == ConditionType::Ready.as_str()).cloned()
    };
    let mut news = Vec::new();
    let stalled = after.conditions.iter().any(|c| c.type_ == ConditionType::Stalled.as_str());
    // A user who reads only the Event must learn about everything that one edit can fix.
    let more_to_fix = stalled && problem_counts(&before.runs) != problem_counts(&after.runs);
    if let Some(now) = ready(after)
        && ready(before).is_none_or(|then| then.reason != now.reason || (more_to_fix && then.message != now.message))
    {
        let warning = stalled || now.reason == Reason::RetryingAfterError.as_str();
        // The reason as a static string of the closed vocabulary.
        if let Some(reason) = serde_json::from_value::<Reason>(now.reason.into()).ok().map(Reason::as_str) {
            news.push(EventNote { warning, reason, note: clip(&now.message, NOTE_MAX) });
        }
    }
    let failed_before = |candidate: &str, dataset: &str, attempt: i32| {
        before.runs.iter().any(|run| {
            run.candidate == candidate
                && run.dataset == dataset
                && run.attempt == attempt
                && run.state == RunState::Failed
        })
    };
    // A failure that is retried is never visible as a failed run; it is visible in the count.
    let tried_again = |run: &RunStatus| {
        let then = before.runs.iter().find(|then| then.candidate == run.candidate && then.dataset == run.dataset);
        then.is_some_and(|then| then.definition == run.definition && then.failed_attempts < run.failed_attempts)
    };
    let failed: Vec<_> = after
        .runs
        .iter()
        .filter(|run| match run.state {
            RunState::Failed => !failed_before(&run.candidate, &run.dataset, run.attempt),
            _ => tried_again(run),
        })
        .collect();
    if let Some(first) = failed.first() {
        let note = format!(
            "candidate '{}' on dataset '{}'{}: {}",
            first.candidate,
            first.dataset,
            if failed.len() > 1 {
                format!(" and {} failed", more_runs(failed.len() - 1))
            } else {
                " failed".to_owned()
            },
            match first.state {
                RunState::Failed => first.message.as_deref().unwrap_or("no reason given"),
                _ => "its tuning job failed and is tried again",
            },
        );
        let reason = first.reason.filter(|_| first.state == RunState::Failed);
        let reason = reason.unwrap_or(Reason::TuningJobFailed).as_str();
        news.push(EventNote { warning: true, reason, note: clip(&note, NOTE_MAX) });
    }
    // For a succeeded run, the only reason is a problem with the table of its training jobs.
    let not_kept = |status: &ModelSelectionStatus| -> Vec<RunStatus> {
        let troubled = |run: &&RunStatus| run.state == RunState::Succeeded && run.reason.is_some();
        status.runs.iter().filter(troubled).cloned().collect()
    };
    if let (true, [first, others @ ..]) = (not_kept(before).is_empty(), not_kept(after).as_slice()) {
        let more = if others.is_empty() { String::new() } else { format!(" and {}", more_runs(others.len())) };
        let why = first.message.as_deref().unwrap_or_default();
        let note = format!("candidate '{}' on dataset '{}'{more}: {why}", first.candidate, first.dataset);
        news.push(EventNote { warning: true, reason: "TrialsNotKept", note: clip(&note, NOTE_MAX) });
    }
    let missing = |status: &ModelSelectionStatus| {
        let excluded = status.fronts.iter().flat_map(|front| &front.excluded);
        excluded
            .filter(|e| matches!(e.reason, ExclusionReason::MetricMissing | ExclusionReason::MetricNotFinite))
            .map(|e| format!("candidate '{}' cannot be on the front: {}", e.candidate, e.message))
            .collect::<Vec<_>>()
    };
    news.extend(not_published(before, after));
    // Already reported if it is also why the selection has no result.
    let reported = news.iter().any(|news| news.reason == Reason::MetricMissing.as_str());
    if let (true, Some(first)) = (missing(before).is_empty() && !reported, missing(after).first()) {
        news.push(EventNote { warning: true, reason: Reason::MetricMissing.as_str(), note: clip(first, NOTE_MAX) });
    }
    news
}

/// The winner cannot be handed over, for another reason than before, and a person can help.
fn not_published(before: &ModelSelectionStatus, after: &ModelSelectionStatus) -> Option<EventNote> {
    let problem = |status: &ModelSelectionStatus| -> Option<(Reason, String)> {
        let of_type = |condition: &&Condition| condition.type_ == ConditionType::ResultPublished.as_str();
        let condition = status.conditions.iter().find(of_type)?;
        let helpful = [Reason::ConfigMapConflict, Reason::AccessDenied, Reason::InvalidRequest];
        let reason = helpful.into_iter().find(|reason| reason.as_str() == condition.reason)?;
        Some((reason, condition.message.clone()))
    };
    let (reason, message) = problem(after)?;
    let is_new = problem(before).is_none_or(|(then, _)| then != reason);
    is_new.then(|| EventNote { warning: true, reason: reason.as_str(), note: clip(&message, NOTE_MAX) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{ConditionStatus, WantedCondition, merge_conditions};

    fn status(reason: Reason, stalled: bool) -> ModelSelectionStatus {
        let condition = |type_, status| WantedCondition { type_, status, reason, message: "why".to_owned() };
        let wanted = if stalled {
            vec![
                condition(ConditionType::Ready, ConditionStatus::False),
                condition(ConditionType::Stalled, ConditionStatus::True),
            ]
        } else {
            vec![condition(ConditionType::Ready, ConditionStatus::True)]
        };
        let conditions = merge_conditions(&[], wanted, Some(1), jiff::Timestamp::UNIX_EPOCH);
        ModelSelectionStatus { conditions, ..Default::default() }
    }

    #[test]
    fn a_winner_that_cannot_be_handed_over_is_reported_once() {
        let status = |reason| {
            let type_ = ConditionType::ResultPublished;
            let wanted = WantedCondition { type_, status: ConditionStatus::False, reason, message: "why".to_owned() };
            let conditions = merge_conditions(&[], vec![wanted], Some(1), jiff::Timestamp::UNIX_EPOCH);
            ModelSelectionStatus { conditions, ..Default::default() }
        };
        let (taken, passing) = (status(Reason::ConfigMapConflict), status(Reason::RetryingAfterError));
        let notes = events(&ModelSelectionStatus::default(), &taken);
        assert_eq!((notes.len(), notes[0].warning, notes[0].reason), (1, true, "ConfigMapConflict"));
        assert_eq!(events(&taken, &taken), []);
        assert_eq!(events(&ModelSelectionStatus::default(), &passing), []);
    }

    #[test]
    fn a_problem_that_needs_a_person_is_reported_again_when_it_changes() {
        let mut before = status(Reason::UnknownModel, true);
        let unknown = RunStatus::default().with(RunState::Waiting, Some(Reason::UnknownModel), None);
        before.runs = vec![unknown.clone()];
        let mut after = before.clone();
        after.runs = vec![unknown.clone(), unknown.clone()];
        assert_eq!(events(&before, &after), [], "as long as the message says the same");
        after.conditions[0].message = "why, and one more".to_owned();
        let notes = events(&before, &after);
        assert_eq!((notes.len(), notes[0].note.as_str()), (1, "why, and one more"));
        // Progress of other runs only changes the progress part of the message.
        let mut later = after.clone();
        later.conditions[0].message = "why, and one more. 1 of 3 runs ended".to_owned();
        assert_eq!(events(&after, &later), []);
    }

    #[test]
    fn only_transitions_are_reported() {
        let running = status(Reason::TuningRunning, false);
        let unknown = status(Reason::UnknownModel, true);
        assert_eq!(events(&running, &running), []);
        let news = events(&running, &unknown);
        assert_eq!(news, [EventNote { warning: true, reason: "UnknownModel", note: "why".into() }]);
        assert_eq!(events(&unknown, &unknown), []);
        assert!(!events(&unknown, &running)[0].warning);
    }

    #[test]
    fn simultaneous_failures_are_one_event() {
        let before = status(Reason::TuningRunning, false);
        let mut after = before.clone();
        after.runs = ["a", "b"]
            .map(|c| {
                RunStatus { candidate: c.into(), dataset: "d".into(), ..Default::default() }.with(
                    RunState::Failed,
                    Some(Reason::TuningJobFailed),
                    Some("the tuning job failed"),
                )
            })
            .to_vec();
        let news = events(&before, &after);
        assert_eq!(news.len(), 1);
        assert_eq!(news[0].note, "candidate 'a' on dataset 'd' and 1 more run failed: the tuning job failed");
        assert_eq!(events(&after, &after), []);
    }

    #[test]
    fn trials_that_cannot_be_kept_are_reported_once() {
        let before = status(Reason::TuningRunning, false);
        let mut after = before.clone();
        let run = RunStatus { candidate: "a".into(), dataset: "d".into(), ..Default::default() };
        let run = crate::run::after(
            run.with(RunState::Succeeded, None, None),
            crate::run::RunEvent::TableNotKept(&crate::problem::Problem::new(Reason::AccessDenied, "forbidden")),
        );
        after.runs = vec![run.clone()];
        let news = events(&before, &after);
        assert_eq!((news.len(), news[0].reason, news[0].warning), (1, "TrialsNotKept", true));
        assert!(news[0].note.starts_with("candidate 'a' on dataset 'd': only the best"), "{}", news[0].note);
        let mut more = after.clone();
        more.runs.push(run);
        assert_eq!(events(&after, &more), []);
    }

    #[test]
    fn a_failure_that_is_tried_again_is_reported_too() {
        let mut before = status(Reason::TuningRunning, false);
        let running = RunStatus { candidate: "a".into(), dataset: "d".into(), ..Default::default() };
        before.runs = vec![running.clone()];
        let mut after = before.clone();
        after.runs = vec![RunStatus { failed_attempts: 1, ..running.next_attempt() }];
        let news = events(&before, &after);
        assert_eq!((news.len(), news[0].reason), (1, "TuningJobFailed"));
        assert_eq!(news[0].note, "candidate 'a' on dataset 'd' failed: its tuning job failed and is tried again");
        assert_eq!(events(&after, &after), []);
    }
}
