//! Which changes of a status are mere progress, whose write may be delayed.

use api::{Condition, ModelSelectionStatus, Reason, RunState, RunStatus};

/// Whether `now` differs from `last` only in the progress of jobs: jobs that were about to be created are running, and
/// counts of training jobs have changed. After a restart the same is observed again.
pub fn is_only_progress(last: &ModelSelectionStatus, now: &ModelSelectionStatus) -> bool {
    let ModelSelectionStatus {
        conditions,
        observed_generation,
        progress,
        recommended,
        front_sizes,
        // They follow from the runs.
        counts: _,
        start_time,
        completion_time,
        region,
        rerun,
        expansions,
        runs,
        superseded,
        objectives,
        fronts,
    } = last;
    (observed_generation, progress, recommended) == (&now.observed_generation, &now.progress, &now.recommended)
        && (front_sizes, start_time, completion_time) == (&now.front_sizes, &now.start_time, &now.completion_time)
        && (region, rerun, expansions, superseded) == (&now.region, &now.rerun, &now.expansions, &now.superseded)
        && each(conditions, &now.conditions, same_condition)
        && each(runs, &now.runs, has_come_further)
        && (objectives, fronts) == (&now.objectives, &now.fronts)
}

fn each<T>(last: &[T], now: &[T], holds: impl Fn(&T, &T) -> bool) -> bool {
    last.len() == now.len() && last.iter().zip(now).all(|(last, now)| holds(last, now))
}

/// Messages contain counts.
fn same_condition(last: &Condition, now: &Condition) -> bool {
    let Condition { type_, status, reason, observed_generation, .. } = last;
    (type_, status, reason, observed_generation) == (&now.type_, &now.status, &now.reason, &now.observed_generation)
}

fn has_come_further(last: &RunStatus, now: &RunStatus) -> bool {
    if last == now {
        return true;
    }
    let counted = |run: &RunStatus| RunStatus { training_jobs: now.training_jobs, ..run.clone() };
    let began = last.state == RunState::Waiting && last.reason == Some(Reason::Creating);
    if !began {
        return counted(last) == *now;
    }
    let running = counted(last).with(RunState::Running, None, None);
    RunStatus { tuning_job_arn: now.tuning_job_arn.clone(), ..running } == *now
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{RunEvent, after};
    use api::TrainingJobCounts;

    fn status(run: RunStatus) -> ModelSelectionStatus {
        ModelSelectionStatus { runs: vec![run], ..Default::default() }
    }

    #[test]
    fn only_started_jobs_and_ended_training_jobs_are_progress() {
        let queued = RunStatus { reason: Some(Reason::Queued), ..RunStatus::default() };
        let chosen = after(queued.clone(), RunEvent::Chosen { job_name: "ms-a" });
        let created = after(chosen.clone(), RunEvent::Created { arn: "arn" });
        let training_jobs = TrainingJobCounts { completed: 1, ..Default::default() };
        let counted = after(created.clone(), RunEvent::Listed { training_jobs, stopping: false });
        let stopping = after(created.clone(), RunEvent::Listed { training_jobs, stopping: true });
        let failed = created.clone().with(RunState::Failed, Some(Reason::TuningJobFailed), None);
        let troubled = chosen.clone().with(RunState::Waiting, Some(Reason::RetryingAfterError), None);
        let runs_again = after(troubled.clone(), RunEvent::Created { arn: "arn" });
        for (last, now, progress) in [
            (&queued, &chosen, false),
            (&chosen, &created, true),
            (&chosen, &counted, true),
            (&created, &counted, true),
            (&created, &created, true),
            (&created, &stopping, false),
            (&created, &failed, false),
            (&chosen, &troubled, false),
            (&troubled, &runs_again, false),
        ] {
            assert_eq!(is_only_progress(&status(last.clone()), &status(now.clone())), progress, "{last:?} {now:?}");
        }
        let more = ModelSelectionStatus { runs: vec![created.clone(), created.clone()], ..Default::default() };
        assert!(!is_only_progress(&status(created.clone()), &more));
        let edited = ModelSelectionStatus { observed_generation: Some(2), ..status(created.clone()) };
        assert!(!is_only_progress(&status(created), &edited));
    }
}
