//! The remaining time of a selection, estimated from its progress so far.

use api::{ModelSelection, Reason, RunState, RunStatus};
use decide::effective::tuning;
use jiff::Timestamp;

use crate::seen::is_seen;

/// Smallest completed share of the work for an estimate.
const SHARE_MIN: f64 = 0.05;

/// Remaining seconds if the rest is as fast as the completed part: the elapsed time, times the number of remaining
/// training jobs, divided by that of ended ones. `None` if there is no estimate: too little has ended, the selection is
/// suspended, the rest waits for a person, or nothing is left. It averages over runs of different duration, so it is
/// only an estimate.
pub fn remaining_seconds(selection: &ModelSelection, now: Timestamp) -> Option<i64> {
    let status = selection.status.as_ref().filter(|_| is_seen(selection))?;
    if selection.spec.suspend || status.completion_time.is_some() {
        return None;
    }
    let elapsed = now.as_second() - status.start_time.as_ref()?.0.as_second();
    let in_reach = |run: &&RunStatus| !(run.state == RunState::Waiting && run.reason.is_some_and(Reason::needs_person));
    let shares: Vec<f64> = status.runs.iter().filter(in_reach).map(|run| share(selection, run)).collect();
    #[allow(clippy::cast_precision_loss)] // at most 1,024 runs
    let (total, done) = (shares.len() as f64, shares.iter().sum::<f64>());
    if elapsed <= 0 || done < total * SHARE_MIN || done >= total {
        return None;
    }
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    Some((elapsed as f64 * (total - done) / done) as i64)
}

/// The completed share of a run, from 0 to 1, by its training jobs.
fn share(selection: &ModelSelection, run: &RunStatus) -> f64 {
    if run.state.ended() {
        return 1.0;
    }
    let (Some(jobs), most) = (run.training_jobs, most_training_jobs(selection, run)) else { return 0.0 };
    let ended = jobs.completed + jobs.non_retryable_error + jobs.stopped;
    f64::from(ended) / f64::from(most.unwrap_or(i32::MAX).max(ended).max(1))
}

/// The maximum number of training jobs of a run, if the spec limits it. It does not limit a job that the run only
/// reads.
pub fn most_training_jobs(selection: &ModelSelection, run: &RunStatus) -> Option<i32> {
    let spec = &selection.spec;
    let own = spec.candidates.iter().find(|candidate| candidate.name == run.candidate);
    let most = match own {
        Some(candidate) => tuning(spec, candidate).ok()?.max_training_jobs,
        None => spec.tuning.max_training_jobs,
    };
    most.filter(|_| !run.attached)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::sample;

    #[test]
    fn the_remaining_time_is_proportional_to_the_remaining_share() {
        let mut selection = sample::running();
        // 2 of 4 runs have ended, and one of the others has completed 1 of 2 training jobs: 2.5 of 4 in 1,000 s.
        assert_eq!(remaining_seconds(&selection, sample::time(1000)), Some(600));
        assert_eq!(remaining_seconds(&selection, sample::time(0)), None, "no time has passed");
        selection.spec.suspend = true;
        assert_eq!(remaining_seconds(&selection, sample::time(1000)), None, "suspended");
        assert_eq!(remaining_seconds(&sample::complete(), sample::time(9999)), None, "nothing is left");
    }

    #[test]
    fn runs_that_wait_for_a_person_do_not_count() {
        let mut selection = sample::running();
        let waiting = selection.status.as_mut().unwrap().runs.last_mut().unwrap();
        waiting.reason = Some(api::Reason::UnknownModel);
        // 2.5 of 3.
        assert_eq!(remaining_seconds(&selection, sample::time(1000)), Some(200));
    }

    #[test]
    fn the_limit_of_a_run_is_that_of_its_candidate_and_attached_jobs_have_none() {
        let mut selection = sample::running();
        let run = selection.status.as_ref().unwrap().runs[0].clone();
        assert_eq!(most_training_jobs(&selection, &run), selection.spec.tuning.max_training_jobs);
        let own = selection.spec.candidates.iter_mut().find(|candidate| candidate.name == run.candidate).unwrap();
        own.overrides.tuning = serde_json::from_value(serde_json::json!({"maxTrainingJobs": 20})).unwrap();
        assert_eq!(most_training_jobs(&selection, &run), Some(20));
        assert_eq!(most_training_jobs(&selection, &RunStatus { attached: true, ..run }), None);
    }
}
