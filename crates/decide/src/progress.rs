//! Which changes of a status are mere progress, whose write may be delayed.

use api::{Condition, ModelSelectionStatus, Reason, RunState, RunStatus};

/// How far mere progress goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// Only counts of training jobs, if anything, have changed.
    Counted,
    /// Jobs that were about to be created are running, or have begun to train.
    Started,
}

/// The progress from `last` to `now`; `None` if anything else has changed. After a restart the same progress is
/// observed again.
pub fn progress(last: &ModelSelectionStatus, now: &ModelSelectionStatus) -> Option<Progress> {
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
    let others_are_same = (observed_generation, progress, recommended)
        == (&now.observed_generation, &now.progress, &now.recommended)
        && (front_sizes, start_time, completion_time) == (&now.front_sizes, &now.start_time, &now.completion_time)
        && (region, rerun, expansions, superseded) == (&now.region, &now.rerun, &now.expansions, &now.superseded)
        && same_conditions(conditions, &now.conditions)
        && runs.len() == now.runs.len()
        && (objectives, fronts) == (&now.objectives, &now.fronts);
    let mut of_runs = runs.iter().zip(&now.runs).map(|(last, now)| of_run(last, now));
    of_runs.try_fold(Progress::Counted, |most, one| Some(most.max(one?))).filter(|_| others_are_same)
}

/// Messages contain counts.
fn same_conditions(last: &[Condition], now: &[Condition]) -> bool {
    let same = |last: &Condition, now: &Condition| {
        let Condition { type_, status, reason, observed_generation, .. } = last;
        (type_, status, reason, observed_generation) == (&now.type_, &now.status, &now.reason, &now.observed_generation)
    };
    last.len() == now.len() && last.iter().zip(now).all(|(last, now)| same(last, now))
}

fn of_run(last: &RunStatus, now: &RunStatus) -> Option<Progress> {
    if last == now {
        return Some(Progress::Counted);
    }
    let counted = RunStatus { training_jobs: now.training_jobs, ..last.clone() };
    if counted == *now {
        // The first counts show that the job has begun to train.
        return Some(if last.training_jobs.is_some() { Progress::Counted } else { Progress::Started });
    }
    let began = last.state == RunState::Waiting && last.reason == Some(Reason::Creating);
    let running = counted.with(RunState::Running, None, None);
    let running = RunStatus { tuning_job_arn: now.tuning_job_arn.clone(), ..running };
    (began && running == *now).then_some(Progress::Started)
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
        let training_jobs = TrainingJobCounts { completed: 2, ..Default::default() };
        let more = after(created.clone(), RunEvent::Listed { training_jobs, stopping: false });
        let stopping = after(created.clone(), RunEvent::Listed { training_jobs, stopping: true });
        let failed = created.clone().with(RunState::Failed, Some(Reason::TuningJobFailed), None);
        let troubled = chosen.clone().with(RunState::Waiting, Some(Reason::RetryingAfterError), None);
        let runs_again = after(troubled.clone(), RunEvent::Created { arn: "arn" });
        for (last, now, expected) in [
            (&queued, &chosen, None),
            (&chosen, &created, Some(Progress::Started)),
            (&chosen, &counted, Some(Progress::Started)),
            (&created, &counted, Some(Progress::Started)),
            (&counted, &more, Some(Progress::Counted)),
            (&created, &created, Some(Progress::Counted)),
            (&created, &stopping, None),
            (&created, &failed, None),
            (&chosen, &troubled, None),
            (&troubled, &runs_again, None),
        ] {
            assert_eq!(progress(&status(last.clone()), &status(now.clone())), expected, "{last:?} {now:?}");
        }
        let of_two = |first: &RunStatus, second: &RunStatus| ModelSelectionStatus {
            runs: vec![first.clone(), second.clone()],
            ..Default::default()
        };
        assert_eq!(progress(&status(created.clone()), &of_two(&created, &created)), None);
        let started = progress(&of_two(&chosen, &counted), &of_two(&created, &more));
        assert_eq!(started, Some(Progress::Started), "the run that has come further counts");
        assert_eq!(progress(&of_two(&chosen, &created), &of_two(&created, &failed)), None);
        let edited = ModelSelectionStatus { observed_generation: Some(2), ..status(created.clone()) };
        assert_eq!(progress(&status(created), &edited), None);
    }
}
