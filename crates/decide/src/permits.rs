//! Which runs hold a permit of the concurrency limiter, and which may start.

use std::collections::HashSet;

use api::{ModelSelectionSpec, ModelSelectionStatus, Reason, RunState, RunStatus};

/// Whether the run holds a permit: its own tuning job runs, or may have been created.
pub fn holds_permit(run: &RunStatus) -> bool {
    !run.attached && (run.state.active() || may_have_job(run))
}

/// Whether the run waits although a tuning job of its name may exist: the answer to Create was lost.
pub fn may_have_job(run: &RunStatus) -> bool {
    run.state == RunState::Waiting && run.tuning_job_name.is_some()
}

/// How many permits a selection holds: its jobs that run or may exist, and superseded ones that have not ended.
pub fn permits_held(status: &ModelSelectionStatus) -> usize {
    status.runs.iter().filter(|run| holds_permit(run)).count() + status.superseded.len()
}

/// The selection's own limit of tuning jobs at a time.
pub fn own_limit(spec: &ModelSelectionSpec) -> usize {
    usize::try_from(spec.max_concurrent_tuning_jobs).unwrap_or(1)
}

/// The runs that would start at once if there were permits: waiting, and not for a person.
pub fn startable<'a>(
    spec: &'a ModelSelectionSpec,
    runs: &'a [RunStatus],
) -> impl Iterator<Item = (usize, &'a RunStatus)> {
    // A run of a candidate that is not in the spec waits for its selector.
    let decided: HashSet<&str> = spec.candidates.iter().map(|candidate| candidate.name.as_str()).collect();
    let startable = move |run: &RunStatus| {
        run.state == RunState::Waiting
            && !run.attached
            && decided.contains(run.candidate.as_str())
            && run.definition.is_some()
            && !run.reason.is_some_and(Reason::needs_person)
    };
    runs.iter().enumerate().filter(move |(_, run)| !spec.suspend && startable(run))
}

/// What may be done about the creation of jobs in this pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Jobs may be created at all: no fault that would meet each of them makes the selection wait.
    pub create: bool,
    /// Jobs may be asked for once more whose creation was not answered: SageMaker has not just refused one for its quota.
    pub repeat: bool,
}

/// The runs whose jobs a pass creates, by index in the order of creation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Runs that hold a permit already: the answer to Create was lost. They come first.
    pub repeated: Vec<usize>,
    /// Runs that get a permit now.
    pub fresh: Vec<usize>,
    /// Runs that would start but for a permit.
    pub queued: Vec<usize>,
}

/// Splits the runs whose requests are `ready` (indices in ascending order) by what is done about them. `granted` is asked
/// for the number of fresh runs that want a permit, and answers how many get one. At most `most` are chosen.
pub fn choose(
    runs: &[RunStatus],
    ready: &[usize],
    room: usize,
    permission: Permission,
    most: usize,
    granted: impl FnOnce(usize) -> usize,
) -> Choice {
    let (unsure, fresh): (Vec<usize>, Vec<usize>) = ready.iter().partition(|&&index| holds_permit(&runs[index]));
    let wanted = if permission.create { fresh.len().min(room) } else { 0 };
    let granted = granted(wanted);
    let (now, later) = fresh.split_at(granted);
    let repeated: Vec<usize> =
        if permission.create && permission.repeat { unsure.into_iter().take(most).collect() } else { Vec::new() };
    Choice {
        fresh: now.iter().copied().take(most - repeated.len()).collect(),
        queued: if permission.create { later.to_vec() } else { Vec::new() },
        repeated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(state: RunState, named: bool) -> RunStatus {
        RunStatus { state, tuning_job_name: named.then(|| "ms-a".to_owned()), ..RunStatus::default() }
    }

    #[test]
    fn a_run_holds_a_permit_from_the_intent_to_create_until_its_job_has_ended() {
        use RunState::{Failed, Running, Stopped, Stopping, Succeeded, Waiting};
        for (state, named, holds) in [
            (Waiting, false, false),
            (Waiting, true, true),
            (Running, true, true),
            (Stopping, true, true),
            (Succeeded, true, false),
            (Failed, true, false),
            (Stopped, true, false),
        ] {
            assert_eq!(holds_permit(&run(state, named)), holds, "{state:?} {named}");
            let attached = RunStatus { attached: true, ..run(state, named) };
            assert!(!holds_permit(&attached), "a job that the user named: {state:?}");
        }
    }

    #[test]
    fn lost_answers_come_first_and_the_rest_wait_for_permits() {
        let waiting = |named| run(RunState::Waiting, named);
        let runs = [waiting(false), waiting(true), waiting(false), waiting(false)];
        let all = Permission { create: true, repeat: true };
        let choice = |permission, most| choose(&runs, &[0, 1, 2, 3], 3, permission, most, |wanted| wanted.min(2));
        assert_eq!(choice(all, 16), Choice { repeated: vec![1], fresh: vec![0, 2], queued: vec![3] });
        assert_eq!(choice(all, 2), Choice { repeated: vec![1], fresh: vec![0], queued: vec![3] });
        let refused = Permission { repeat: false, ..all };
        assert_eq!(choice(refused, 16), Choice { repeated: vec![], fresh: vec![0, 2], queued: vec![3] });
        let none = Permission { create: false, repeat: true };
        let nothing = choose(&runs, &[0, 1, 2, 3], 3, none, 16, |wanted| wanted);
        assert_eq!(nothing, Choice::default());
    }
}
