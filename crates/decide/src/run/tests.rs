use super::*;
use crate::observation::BestSoFar;
use jiff::Timestamp;

fn job(status: JobStatus) -> TuningJob {
    TuningJob {
        arn: "arn".into(),
        status,
        failure_reason: Some("No training job succeeded after 5 attempts.".into()),
        training_jobs: TrainingJobCounts::default(),
        best: Some(BestSoFar {
            training_job_name: "t-001".into(),
            hyperparameters: [("lr".into(), "0.1".into())].into(),
        }),
        overall_best: None,
        ended: None,
        lasted: None,
    }
}

fn in_state(state: RunState, reason: Option<Reason>) -> RunStatus {
    RunStatus { reason, tuning_job_name: Some("ms-a".into()), ..RunStatus::default() }.with(state, reason, None)
}

#[test]
fn each_final_status_of_a_job_gives_a_state_and_a_reason() {
    use JobStatus::{Completed, Failed, InProgress, Stopped, Stopping};
    let result = TrainingResult { metrics: vec![("acc".into(), 0.91)], ..Default::default() };
    let running = in_state(RunState::Running, None);
    let stopping = in_state(RunState::Stopping, Some(Reason::Suspended));
    let adopted = RunStatus { attached: true, ..running.clone() };
    let without = |status| TuningJob { best: None, ..job(status) };
    for (run, job, result, state, reason) in [
        (&running, job(InProgress), None, RunState::Running, None),
        (&running, job(Completed), Some(&result), RunState::Succeeded, None),
        (&running, without(Completed), None, RunState::Failed, Some(Reason::ObjectiveNotEmitted)),
        (&running, job(Failed), None, RunState::Failed, Some(Reason::TuningJobFailed)),
        (&running, job(Stopping), None, RunState::Stopping, None),
        // What was trained until then is paid for, and counts.
        (&running, job(Stopped), Some(&result), RunState::Succeeded, None),
        (&running, without(Stopped), None, RunState::Stopped, Some(Reason::StoppedExternally)),
        (&running, job(JobStatus::Deleting), None, RunState::Failed, Some(Reason::TuningJobDeleted)),
        (&adopted, job(Stopped), Some(&result), RunState::Succeeded, None),
        (&adopted, without(Stopped), None, RunState::Stopped, Some(Reason::StoppedExternally)),
        (&stopping, job(InProgress), None, RunState::Stopping, Some(Reason::Suspended)),
        (&stopping, job(Stopping), None, RunState::Stopping, Some(Reason::Suspended)),
        (&stopping, job(Stopped), None, RunState::Stopped, Some(Reason::Suspended)),
        (&stopping, job(Completed), Some(&result), RunState::Succeeded, None),
    ] {
        let used = BTreeSet::new();
        let seen = after(run.clone(), RunEvent::Described { job: &job, result, failure: None, used: &used });
        assert_eq!((seen.state, seen.reason), (state, reason), "{job:?}");
        assert_eq!(seen.best.is_some(), result.is_some());
    }
}

#[test]
fn each_event_leads_to_a_state_a_reason_and_a_name() {
    use Reason::{Creating, NameConflict, Queued, QuotaExceeded, RetryingAfterError, Suspended, UnknownModel};
    use RunState::{Failed, Running, Stopping, Succeeded, Waiting};
    let problem = Problem::new(UnknownModel, "no such model");
    let taken = Problem::new(NameConflict, "taken");
    let fresh = |reason| RunStatus { tuning_job_name: None, ..in_state(Waiting, Some(reason)) };
    let asked = |reason| in_state(Waiting, Some(reason));
    let running = || in_state(Running, None);
    let counts = TrainingJobCounts { completed: 3, ..TrainingJobCounts::default() };
    for (run, event, state, reason, named) in vec![
        (fresh(UnknownModel), RunEvent::Resolved, Waiting, Some(Queued), false),
        (fresh(QuotaExceeded), RunEvent::Resolved, Waiting, Some(QuotaExceeded), false),
        (asked(Queued), RunEvent::NotResolved(&problem), Waiting, Some(UnknownModel), true),
        (fresh(UnknownModel), RunEvent::Queued, Waiting, Some(Queued), false),
        (fresh(QuotaExceeded), RunEvent::Queued, Waiting, Some(QuotaExceeded), false),
        (fresh(Queued), RunEvent::Chosen { job_name: "ms-b" }, Waiting, Some(Creating), true),
        (fresh(RetryingAfterError), RunEvent::Chosen { job_name: "ms-b" }, Waiting, Some(RetryingAfterError), true),
        (asked(Creating), RunEvent::Created { arn: "arn" }, Running, None, true),
        (
            asked(Creating),
            RunEvent::NotCreated { problem: &problem, may_exist: true },
            Waiting,
            Some(UnknownModel),
            true,
        ),
        (
            asked(Creating),
            RunEvent::NotCreated { problem: &problem, may_exist: false },
            Waiting,
            Some(UnknownModel),
            false,
        ),
        (asked(Creating), RunEvent::NotTried { reason: Queued, may_exist: false }, Waiting, Some(Queued), false),
        (asked(Creating), RunEvent::NameTaken(&taken), Waiting, Some(NameConflict), false),
        (asked(Queued), RunEvent::NameReleased, Waiting, Some(Queued), false),
        (running(), RunEvent::Listed { training_jobs: counts, stopping: false }, Running, None, true),
        (running(), RunEvent::Listed { training_jobs: counts, stopping: true }, Stopping, None, true),
        (
            in_state(Running, Some(RetryingAfterError)),
            RunEvent::Listed { training_jobs: counts, stopping: false },
            Running,
            None,
            true,
        ),
        (running(), RunEvent::NotObserved(&problem), Running, Some(UnknownModel), true),
        (in_state(Stopping, Some(Suspended)), RunEvent::NotObserved(&problem), Stopping, Some(Suspended), true),
        (running(), RunEvent::Deleted, Failed, Some(Reason::TuningJobDeleted), true),
        (running(), RunEvent::StopRequested, Stopping, Some(Suspended), true),
        (in_state(Failed, None), RunEvent::NextAttempt, Waiting, Some(Queued), false),
        (in_state(Succeeded, None), RunEvent::TableKept(Trials::default()), Succeeded, None, true),
        (in_state(Succeeded, None), RunEvent::TableNotKept(&problem), Succeeded, Some(UnknownModel), true),
        (in_state(Succeeded, Some(UnknownModel)), RunEvent::TableRetried, Succeeded, None, true),
        (in_state(Succeeded, None), RunEvent::Unverified, Running, None, true),
        (in_state(Failed, Some(Reason::TuningJobDeleted)), RunEvent::Unverified, Running, None, true),
        (in_state(RunState::Stopped, Some(Suspended)), RunEvent::Unverified, Stopping, Some(Suspended), true),
        (asked(Creating), RunEvent::Unverified, Waiting, Some(Creating), true),
    ] {
        let shown = format!("{event:?}");
        let run = after(run, event);
        assert_eq!((run.state, run.reason, run.tuning_job_name.is_some()), (state, reason, named), "{shown}");
    }
}

#[test]
fn a_result_without_a_job_is_dropped() {
    let best = Some(api::BestTrainingJob::default());
    let forged = RunStatus { best, tuning_job_name: None, ..in_state(RunState::Succeeded, None) };
    let run = after(forged, RunEvent::Unverified);
    assert_eq!((run.state, run.best), (RunState::Waiting, None));
}

#[test]
fn a_run_has_the_end_time_of_its_job_until_it_is_tried_again() {
    let ended = Timestamp::from_second(1_780_000_000).unwrap();
    let described = |status| {
        let job = TuningJob { ended: Some(ended), ..job(status) };
        let event = RunEvent::Described { job: &job, result: None, failure: None, used: &BTreeSet::new() };
        after(in_state(RunState::Running, None), event)
    };
    assert_eq!(described(JobStatus::InProgress).end_time, None);
    let failed = described(JobStatus::Failed);
    assert_eq!(failed.end_time, Some(Time(ended)));
    for event in [RunEvent::NextAttempt, RunEvent::Unverified, RunEvent::NotItsJob] {
        assert_eq!(after(failed.clone(), event).end_time, None);
    }
}

#[test]
fn attempts_are_those_that_sagemaker_confirms() {
    let forged = RunStatus { attempt: 7, failed_attempts: 5, ..in_state(RunState::Succeeded, None) };
    let attempts = |run: &RunStatus| (run.attempt, run.failed_attempts);
    let named = after(forged.clone(), RunEvent::Unverified);
    assert_eq!(attempts(&after(named.clone(), RunEvent::Proven { attempt: 2 })), (2, 2));
    assert_eq!(attempts(&after(named, RunEvent::NotItsJob)), (0, 0));
    for state in [RunState::Waiting, RunState::Failed] {
        let unnamed = RunStatus { tuning_job_name: None, state, ..forged.clone() };
        assert_eq!(attempts(&after(unnamed, RunEvent::Unverified)), (0, 0));
    }
}

#[test]
fn a_failure_names_the_training_job_its_reason_and_its_logs() {
    let failure = TrainingFailure {
        training_job_name: "ms-a-001-1b2c".into(),
        reason: "AlgorithmError: ExecuteUserScriptError: ValueError: No images found.".into(),
    };
    let (job, used) = (job(JobStatus::Failed), BTreeSet::new());
    let event = RunEvent::Described { job: &job, result: None, failure: Some(&failure), used: &used };
    assert_eq!(
        after(in_state(RunState::Running, None), event).message.as_deref(),
        Some(
            "the tuning job failed: No training job succeeded after 5 attempts. Training job 'ms-a-001-1b2c' failed: \
             AlgorithmError: ExecuteUserScriptError: ValueError: No images found; its logs are in the log group \
             /aws/sagemaker/TrainingJobs, streams ms-a-001-1b2c/"
        )
    );
}
