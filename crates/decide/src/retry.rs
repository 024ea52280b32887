//! How soon a failed task is tried again: one table, by task and outcome.

pub mod pause;

use std::time::Duration;

use super::fault::Class;
use api::{Reason, RunStatus};

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    /// One reconcile of a selection.
    Reconcile,
    /// Creating any tuning job of the selection.
    CreateAny,
    /// Evaluating a selector, identified by its fingerprint.
    ExpandSelector(String),
    /// Resolving the version of a candidate's model.
    ResolveVersion(String),
    /// Building the request for the run of a candidate on a dataset.
    ResolveRequest(String, String),
    /// Creating the tuning job of the run of a candidate on a dataset.
    Create(String, String),
    /// Describing a tuning job that the listing of running jobs does not show.
    Describe(String),
    /// Describing a training job again, for inputs of expressions that were not kept.
    DescribeAgain(String),
    /// Searching for the tuning jobs of previous incarnations, by their tags.
    FindIncarnations,
    /// Looking for a tuning job that may exist, by its name.
    Find(String),
    /// Proving by its tags that a tuning job is ours.
    Prove(String),
    /// Looking once more for a tuning job that was declared deleted.
    FindDeleted(String),
    /// Gathering all training jobs of a tuning job into its table.
    GatherTable(String),
    /// Reading the `ConfigMap`s that candidates refer to.
    ReadConfigMaps,
    /// Finding what serves the model of a candidate.
    FindHosting(String),
    /// Keeping the winner in the `ConfigMap` of `spec.resultConfigMap`.
    PublishResult,
    /// Stopping a tuning job.
    Stop(String),
}

impl Task {
    /// Building the request of that run.
    pub fn resolve_request(run: &RunStatus) -> Self {
        Self::ResolveRequest(run.candidate.clone(), run.dataset.clone())
    }

    /// Creating the tuning job of that run.
    pub fn create(run: &RunStatus) -> Self {
        Self::Create(run.candidate.clone(), run.dataset.clone())
    }
}

/// The outcome of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A call failed.
    Fault(Class),
    /// The response is pending.
    Pending,
    /// A person must change something.
    Refused,
    /// SageMaker accepted the request; its effect is checked later.
    Accepted,
}

/// Pauses between tries: `first`, then twice as long each time, up to `most`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The pause after the first failure.
    pub first: Duration,
    /// The longest pause.
    pub most: Duration,
}

/// Longer than any process runs: only an edit or a restart tries again.
const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);

const fn pauses(first_ms: u64, most_seconds: u64) -> Backoff {
    Backoff { first: Duration::from_millis(first_ms), most: Duration::from_secs(most_seconds) }
}

/// The pauses after an outcome of a task. `window` is the consistency window: how long SageMaker's responses may
/// contradict each other.
///
/// Transient faults are retried within seconds. Problems that need a person are retried within minutes, since the fix
/// may be outside of the spec (a policy, a quota, a bucket). Problems that only an edit can fix are not retried.
#[allow(clippy::match_same_arms)] // a table: one comment for each row
pub fn backoff(task: &Task, outcome: Outcome, window: Duration) -> Backoff {
    match (task, outcome) {
        (_, Outcome::Pending) => pauses(200, 5),
        (Task::Reconcile, _) => pauses(1_000, 60),
        // It has no such hyperparameter or metric, and never will.
        (Task::DescribeAgain(_), Outcome::Refused) => Backoff { first: NEVER, most: NEVER },
        // The tuning job that a candidate refers to does not exist; it may be created at any time.
        (Task::Find(_), Outcome::Refused) => pauses(60_000, 600),
        // Once, long after an eventually consistent service has converged.
        (Task::FindDeleted(_), Outcome::Accepted) => Backoff { first: window * 2, most: window * 2 },
        (Task::FindDeleted(_), Outcome::Refused) => Backoff { first: NEVER, most: NEVER },
        (Task::Stop(_), Outcome::Accepted) => pauses(10_000, 300),
        (Task::Stop(_), Outcome::Fault(_)) => pauses(2_000, 300),
        (Task::Create(..) | Task::CreateAny, Outcome::Fault(Class::Invalid)) => Backoff { first: NEVER, most: NEVER },
        (_, Outcome::Fault(Class::Throttled)) => pauses(1_000, 30),
        (Task::Describe(_), Outcome::Fault(Class::NotFound)) => pauses(5_000, 60),
        (_, Outcome::Fault(class)) if class.reason().needs_person() => pauses(15_000, 300),
        (Task::GatherTable(_), Outcome::Refused) => pauses(15_000, 300),
        // Another's may go any time, such as that of a deleted selection of the same name.
        (Task::PublishResult, Outcome::Refused) => pauses(5_000, 300),
        (_, Outcome::Refused) => pauses(60_000, 3_600),
        (_, Outcome::Fault(_) | Outcome::Accepted) => pauses(2_000, 60),
    }
}

/// Consecutive transient failures before the status mentions them, so that a short fault does not change the
/// conditions.
const REPORTED_AFTER: u32 = 3;

/// Whether the status mentions a failure to observe a running job after `times` tries.
pub fn reported(class: Class, times: u32) -> bool {
    class.reason().needs_person() || times >= REPORTED_AFTER
}

/// Whether a fault that needs a person often disappears within minutes nevertheless. SageMaker documents no times; its
/// own SDKs wait for one to two minutes.
#[allow(clippy::match_same_arms)] // a table: one comment for each row
fn often_passes(class: Class) -> bool {
    match class {
        // A new role, or a changed trust policy, is not known everywhere at once.
        Class::Role => true,
        // A bucket policy, or the role's permission to read, takes time to propagate; objects are listed shortly after
        // they are written.
        Class::Data => true,
        // The operator's own policy takes time to propagate too, but a missing permission is the likelier cause, and
        // every selection would wait without a report.
        Class::Denied | Class::Credentials => false,
        // Only an edit or a correct clock helps.
        Class::Clock | Class::Invalid => false,
        // These need no person: for example, an increased quota is used by the next try.
        Class::Quota | Class::Throttled | Class::Transient | Class::NotFound | Class::Exists | Class::Ended => false,
    }
}

/// The reason that a run reports after it has failed with `class` since `since_first`: until `grace` has passed that
/// the operator retries, then that a person must act.
pub fn reported_reason(class: Class, since_first: Duration, grace: Duration) -> Reason {
    if often_passes(class) && since_first < grace { Reason::RetryingAfterError } else { class.reason() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_of_each_task_has_its_pauses() {
        let job = || "ms-a".to_owned();
        let run = || Task::Create("a".to_owned(), "b".to_owned());
        let never = NEVER.as_secs();
        for (task, outcome, first, most) in [
            (Task::Reconcile, Outcome::Fault(Class::Transient), 1.0, 60),
            (Task::CreateAny, Outcome::Fault(Class::Throttled), 1.0, 30),
            (Task::CreateAny, Outcome::Fault(Class::Denied), 15.0, 300),
            (run(), Outcome::Fault(Class::Invalid), 31_536_000.0, never),
            (run(), Outcome::Fault(Class::Role), 15.0, 300),
            (run(), Outcome::Fault(Class::Transient), 2.0, 60),
            (Task::ResolveVersion(job()), Outcome::Pending, 0.2, 5),
            (Task::ResolveVersion(job()), Outcome::Refused, 60.0, 3_600),
            (Task::ExpandSelector(job()), Outcome::Fault(Class::Denied), 15.0, 300),
            (Task::Describe(job()), Outcome::Fault(Class::NotFound), 5.0, 60),
            (Task::Describe(job()), Outcome::Fault(Class::Transient), 2.0, 60),
            (Task::Find(job()), Outcome::Fault(Class::NotFound), 2.0, 60),
            (Task::Find(job()), Outcome::Refused, 60.0, 600),
            (Task::GatherTable(job()), Outcome::Refused, 15.0, 300),
            (Task::Stop(job()), Outcome::Accepted, 10.0, 300),
            (Task::FindDeleted(job()), Outcome::Accepted, 600.0, 600),
            (Task::Stop(job()), Outcome::Fault(Class::Denied), 2.0, 300),
        ] {
            let expected = Backoff { first: Duration::from_secs_f64(first), most: Duration::from_secs(most) };
            assert_eq!(backoff(&task, outcome, Duration::from_secs(300)), expected, "{task:?} {outcome:?}");
        }
    }

    #[test]
    fn usually_transient_faults_need_no_person_for_the_first_minutes() {
        let grace = Duration::from_secs(120);
        for class in Class::ALL {
            let at_first = reported_reason(class, Duration::ZERO, grace);
            let stalls = matches!(class, Class::Denied | Class::Credentials | Class::Clock | Class::Invalid);
            assert_eq!(at_first.needs_person(), stalls, "{class:?}: {at_first:?}");
            assert_eq!(reported_reason(class, grace, grace), class.reason(), "{class:?}");
        }
        for (class, seconds, reason) in [
            (Class::Role, 0, Reason::RetryingAfterError),
            (Class::Role, 119, Reason::RetryingAfterError),
            (Class::Role, 120, Reason::RoleNotAssumable),
            (Class::Data, 60, Reason::RetryingAfterError),
            (Class::Data, 200, Reason::DataNotFound),
            (Class::Quota, 0, Reason::QuotaExceeded),
            (Class::Quota, 200, Reason::QuotaExceeded),
            (Class::Denied, 0, Reason::AccessDenied),
            (Class::Invalid, 0, Reason::InvalidRequest),
        ] {
            assert_eq!(reported_reason(class, Duration::from_secs(seconds), grace), reason, "{class:?} {seconds}");
        }
    }
}
