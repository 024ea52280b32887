//! Each row of the table of conditions, and their messages.

mod kstatus;

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

/// All conditions in one line, and the reason of Ready, which all conditions except Suspended share.
fn shown(spec: &ModelSelectionSpec, runs: &[RunStatus], fronts: &[Front], launched_before: bool) -> (String, Reason) {
    let situation =
        Situation { spec, runs, counts: &counts(runs), fronts, launched_before, unobserved: None, incomplete: None };
    let all = conditions(situation);
    let reason = all[0].reason;
    let suspended = ConditionType::Suspended;
    assert!(all.iter().all(|c| c.reason == if c.type_ == suspended { Reason::Suspended } else { reason }), "{all:?}");
    let words: Vec<_> = all.iter().map(|c| format!("{}={}", c.type_.as_str(), c.status.as_str())).collect();
    (words.join(" "), reason)
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

    let progressing = ("Ready=Unknown Reconciling=True Succeeded=Unknown Finished=False", Reason::Progressing);
    let tuning = ("Ready=True Succeeded=Unknown Finished=False", Reason::TuningRunning);
    let waiting = ("Ready=False Reconciling=True Succeeded=Unknown Finished=False", Reason::WaitingForCompletion);
    let stalled = ("Ready=False Stalled=True Succeeded=Unknown Finished=False", Reason::UnknownModel);
    let stuck = ("Ready=False Stalled=True Succeeded=Unknown Finished=True", Reason::UnknownModel);
    let retrying = ("Ready=False Reconciling=True Succeeded=Unknown Finished=False", Reason::RetryingAfterError);
    let complete = ("Ready=True Succeeded=True Finished=True", Reason::Completed);
    let useless = ("Ready=False Stalled=True Succeeded=False Finished=True", Reason::NoUsableResult);
    let paused = ("Ready=True Succeeded=Unknown Finished=False Suspended=True", Reason::Suspended);
    let done_and_paused = ("Ready=True Succeeded=True Finished=True Suspended=True", Reason::Completed);

    for (case, spec, runs, front_size, before, expected) in [
        ("nothing made yet", &launched, vec![queued.clone()], 0, false, progressing),
        ("being created", &launched, vec![creating.clone(), running.clone()], 0, false, progressing),
        ("a later one being created", &launched, vec![creating, done.clone()], 0, true, tuning),
        ("running", &launched, vec![running.clone(), queued.clone()], 0, false, tuning),
        ("one waits for the quota", &launched, vec![running.clone(), refused], 0, false, tuning),
        ("running, to complete", &completed, vec![running.clone()], 0, false, waiting),
        ("one needs a person", &launched, vec![running.clone(), unknown.clone()], 0, true, stalled),
        ("one waits for its model", &launched, vec![done.clone(), asked.clone()], 0, false, progressing),
        ("one waits for its model, others run", &launched, vec![running.clone(), asked], 0, false, progressing),
        ("away before launch", &launched, vec![away.clone()], 0, false, retrying),
        ("away later", &launched, vec![away, running.clone()], 0, true, tuning),
        ("complete", &completed, vec![done.clone(), run(Failed, None)], 1, true, complete),
        ("no result", &launched, vec![run(Failed, None)], 0, true, useless),
        ("suspended", &suspended, vec![running, queued.clone()], 0, false, paused),
        ("stopped by suspend", &suspended, vec![run(Stopped, Some(Reason::Suspended)), done.clone()], 1, false, paused),
        ("complete, then suspended", &suspended, vec![done.clone()], 1, false, done_and_paused),
        ("all others have ended", &launched, vec![done.clone(), unknown.clone()], 0, true, stuck),
        ("all need a person", &completed, vec![unknown.clone(), unknown.clone()], 0, false, stuck),
        ("another waits for its turn", &launched, vec![unknown.clone(), queued.clone()], 0, false, stalled),
    ] {
        let (words, reason) = shown(spec, &runs, &[front(front_size)], before);
        assert_eq!((words.as_str(), reason), expected, "{case}");
    }
}

#[test]
fn a_metric_that_no_run_emitted_is_reported_by_name() {
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
        unobserved: None,
        incomplete: None,
    });
    assert_eq!(wanted[0].reason, Reason::MetricMissing);
    assert!(wanted[0].message.contains("did not emit 'x'"), "{}", wanted[0].message);
}

#[test]
fn each_reason_is_reported_with_its_count_and_an_example() {
    let waiting = |candidate: &str, reason: Reason, message: &str| {
        let run = RunStatus { candidate: candidate.into(), dataset: "flowers".into(), ..Default::default() };
        run.with(RunState::Waiting, Some(reason), Some(message))
    };
    let mut runs = vec![waiting("typo", Reason::UnknownModel, "JumpStart has no model 'x'.")];
    let shown_problem = |runs: &[RunStatus]| problem_of_runs(runs).map(|problem| (problem.reason, problem.message));
    let first = "candidate 'typo' on dataset 'flowers'";
    assert_eq!(shown_problem(&runs), Some((Reason::UnknownModel, format!("{first}: JumpStart has no model 'x'."))));
    runs.push(waiting("typo-2", Reason::UnknownModel, "JumpStart has no model 'y'."));
    let message = format!("{first}, and 1 more run: JumpStart has no model 'x'.");
    assert_eq!(shown_problem(&runs), Some((Reason::UnknownModel, message)));
    runs.push(waiting("old", Reason::UnknownVersion, "there is no version 9"));
    runs.push(waiting("lr", Reason::UnknownHyperparameter, &"long ".repeat(100)));
    runs.push(run(RunState::Running, None));
    let (reason, message) = shown_problem(&runs).unwrap();
    assert_eq!(reason, Reason::UnknownModel);
    let expected = format!(
        "2 UnknownModel ({first}: JumpStart has no model 'x'); 1 UnknownVersion (candidate 'old' on dataset 'flowers': \
         there is no version 9); 1 UnknownHyperparameter (candidate 'lr' on dataset 'flowers': long long"
    );
    assert!(message.starts_with(&expected) && message.ends_with("...)"), "{message}");
    assert_eq!(shown_problem(&[run(RunState::Running, None)]), None);
}

#[test]
fn observed_candidates_are_not_results_of_the_runs() {
    let mut only = front(1);
    only.members[0].observed = true;
    let failed = run(RunState::Failed, Some(Reason::TuningJobFailed));
    let of = |runs: &[RunStatus], front: &Front| shown(&spec(), runs, std::slice::from_ref(front), true).1;
    assert_eq!(of(std::slice::from_ref(&failed), &only), Reason::NoUsableResult);
    // If an observed candidate beats the runs, they still have a result.
    let beaten = RunStatus { pareto_rank: Some(1), ..run(RunState::Succeeded, None) };
    assert_eq!(of(&[failed, beaten], &only), Reason::Completed);
    assert_eq!(of(&[], &only), Reason::Completed);
}

#[test]
fn an_unobserved_selection_finishes_when_a_person_must_act() {
    let runs = [run(RunState::Running, None)];
    let with = |reason: Reason| {
        let unobserved = Problem::new(reason, "why");
        let (spec, counts) = (spec(), counts(&runs));
        let situation = Situation {
            spec: &spec,
            runs: &runs,
            counts: &counts,
            fronts: &[],
            launched_before: true,
            unobserved: Some(&unobserved),
            incomplete: None,
        };
        let all = conditions(situation);
        all.iter().map(|c| format!("{}={}", c.type_.as_str(), c.status.as_str())).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(with(Reason::AccessDenied), "Ready=False Stalled=True Succeeded=Unknown Finished=True");
    assert_eq!(with(Reason::RetryingAfterError), "Ready=False Reconciling=True Succeeded=Unknown Finished=False");
}
