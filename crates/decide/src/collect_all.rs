//! All training jobs of a run: when they are collected, and what the run reports about them.

use api::{BestTrainingJob, Collect, ModelSelectionSpec, RunState, RunStatus};

/// Whether all training jobs of the run are to be collected, and are not yet.
pub fn wanted(spec: &ModelSelectionSpec, run: &RunStatus) -> bool {
    let has_result = run.state == RunState::Succeeded && run.best.is_some() && run.tuning_job_name.is_some();
    spec.collect == Collect::All && has_result && run.trials.is_none()
}

/// Whether they are being read: there was no fault so far, or only transient ones.
pub fn pending(spec: &ModelSelectionSpec, run: &RunStatus) -> bool {
    wanted(spec, run) && run.reason.is_none()
}

/// Whether a person must act before they can be collected.
pub fn blocked(spec: &ModelSelectionSpec, run: &RunStatus) -> bool {
    wanted(spec, run) && run.reason.is_some()
}

/// What the conditions report about this; empty if everything that is wanted is collected.
pub fn summary(spec: &ModelSelectionSpec, runs: &[RunStatus]) -> String {
    let mut text = match runs.iter().filter(|run| pending(spec, run)).count() {
        0 => String::new(),
        n => format!("; reading all training jobs of {n} of them"),
    };
    let mut blocked = runs.iter().filter(|run| blocked(spec, run));
    if let Some(first) = blocked.next() {
        let why = first.message.as_deref().unwrap_or_default().trim_end_matches('.');
        let others = match blocked.count() {
            0 => String::new(),
            n => format!(" (and {n} more)"),
        };
        text += &format!(". Of candidate '{}' on dataset '{}'{others} {why}", first.candidate, first.dataset);
    }
    text
}

/// Completes the run's best training job with the values of the table that the spec uses: an edit may have added
/// expressions.
pub fn with_inputs(run: &mut RunStatus, table: &[BestTrainingJob]) {
    let Some(best) = &mut run.best else { return };
    if let Some(kept) = table.iter().find(|kept| kept.training_job_name == best.training_job_name) {
        let missing = kept.metrics.iter().filter(|metric| !best.metrics.iter().any(|known| known.name == metric.name));
        let missing: Vec<_> = missing.cloned().collect();
        best.metrics.extend(missing);
        best.metrics.sort_by(|a, b| a.name.cmp(&b.name));
        best.fixed_hyperparameters = kept.fixed_hyperparameters.clone();
        best.instance_type = kept.instance_type.clone();
        best.instance_count = kept.instance_count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::complete;
    use crate::problem::Problem;
    use crate::run::{RunEvent, after};
    use api::{Reason, Trials};
    use samples::spec;

    #[test]
    fn a_run_wants_its_training_jobs_until_their_table_is_kept() {
        let mut spec = spec();
        let run = RunStatus {
            state: RunState::Succeeded,
            best: Some(BestTrainingJob::default()),
            tuning_job_name: Some("job".into()),
            ..RunStatus::default()
        };
        let states = |spec: &_, run: &_| (wanted(spec, run), pending(spec, run), blocked(spec, run));
        assert_eq!(states(&spec, &run), (false, false, false));
        spec.collect = Collect::All;
        assert_eq!(states(&spec, &run), (true, true, false));
        let blocked =
            after(run.clone(), RunEvent::TableNotKept(&Problem::new(Reason::AccessDenied, "configmaps is forbidden")));
        assert_eq!(states(&spec, &blocked), (true, false, true));
        assert_eq!(blocked.state, RunState::Succeeded);
        let kept = after(blocked, RunEvent::TableKept(Trials { config_map: "job-trials".into(), count: 3 }));
        assert_eq!((states(&spec, &kept), &kept.message), ((false, false, false), &None));
        for state in [RunState::Running, RunState::Failed, RunState::Stopped] {
            assert!(!wanted(&spec, &RunStatus { state, ..run.clone() }));
        }
    }

    #[test]
    fn a_selection_is_complete_when_all_training_jobs_are_read_or_cannot_be() {
        let mut spec = spec();
        let run = RunStatus {
            candidate: "c".into(),
            dataset: "d".into(),
            state: RunState::Succeeded,
            best: Some(BestTrainingJob::default()),
            tuning_job_name: Some("job".into()),
            ..RunStatus::default()
        };
        assert!(complete(&spec, std::slice::from_ref(&run)));
        spec.collect = Collect::All;
        let summarized = |run: &RunStatus| {
            let runs = std::slice::from_ref(run);
            (complete(&spec, runs), summary(&spec, runs))
        };
        assert_eq!(summarized(&run), (false, "; reading all training jobs of 1 of them".to_owned()));
        assert_eq!(summarized(&after(run.clone(), RunEvent::TableKept(Trials::default()))), (true, String::new()));
        let (is_complete, text) = summarized(&after(
            run,
            RunEvent::TableNotKept(&Problem::new(Reason::AccessDenied, "configmaps is forbidden")),
        ));
        assert!(is_complete);
        assert!(text.starts_with(". Of candidate 'c' on dataset 'd' only the best"), "{text}");
        assert!(text.ends_with("configmaps is forbidden"), "{text}");
    }
}
