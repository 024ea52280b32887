//! Which run and which of its training jobs are meant.

use api::{ModelSelection, RunState, RunStatus};

/// The run that `wanted` names: a candidate, or `CANDIDATE/DATASET`, or the beginning of one when only one run has it;
/// without a name the only run.
///
/// # Errors
/// In words, when there is none or more than one.
pub fn run<'a>(selection: &'a ModelSelection, wanted: Option<&str>) -> Result<&'a RunStatus, String> {
    let runs: &[RunStatus] = selection.status.as_ref().map_or(&[], |status| &status.runs);
    let is = |run: &&RunStatus| wanted.is_none_or(|wanted| run.candidate == wanted || name(run) == wanted);
    let begins = |run: &&RunStatus| wanted.is_none_or(|wanted| name(run).starts_with(wanted));
    let mut found: Vec<&RunStatus> = runs.iter().filter(is).collect();
    if found.is_empty() {
        found = runs.iter().filter(begins).collect();
    }
    match (found.as_slice(), wanted) {
        ([run], _) => Ok(run),
        ([], _) if runs.is_empty() => Err("the selection has no runs yet".to_owned()),
        ([], Some(wanted)) => {
            let verb = if runs.len() == 1 { "is" } else { "are" };
            Err(format!("there is no run '{wanted}'; there {verb} {}", names(runs.iter())))
        }
        (several, _) => Err(format!("which run: {}?", names(several.iter().copied()))),
    }
}

/// `CANDIDATE/DATASET`.
pub fn name(run: &RunStatus) -> String {
    format!("{}/{}", run.candidate, run.dataset)
}

/// At most so many names in a message.
const NAMES: usize = 12;

fn names<'a>(runs: impl ExactSizeIterator<Item = &'a RunStatus>) -> String {
    let more = runs.len().saturating_sub(NAMES);
    let names: Vec<String> = runs.take(NAMES).map(name).collect();
    names.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

/// The training job of a run that has ended whose logs tell most: its best, or the one whose failure its message tells.
/// `None` while it goes on, and where the status knows none.
pub fn of_ended(run: &RunStatus) -> Option<&str> {
    let best = run.best.as_ref().map(|best| best.training_job_name.as_str());
    match run.state {
        RunState::Succeeded | RunState::Stopped => best,
        RunState::Failed => failed(run).or(best),
        _ => None,
    }
}

/// The training job that the message of a failed run names. SageMaker names training jobs after their tuning job.
fn failed(run: &RunStatus) -> Option<&str> {
    let prefix = format!("{}-", run.tuning_job_name.as_deref()?);
    run.message.as_deref()?.split('\'').find(|word| word.starts_with(&prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::sample;

    #[test]
    fn a_run_is_named_by_its_candidate_or_a_beginning() {
        let mut selection = sample::complete();
        let status = selection.status.as_mut().unwrap();
        let mut other = status.runs[0].clone();
        other.dataset = "flowers".into();
        status.runs.push(other);
        let found = |wanted: &str| run(&selection, Some(wanted)).map(name);
        let both = "swin-large-patch4-window12-384/caltech256, swin-large-patch4-window12-384/flowers";
        assert_eq!(found("swin-large-patch4-window12-384"), Err(format!("which run: {both}?")));
        assert_eq!(found("swin-large-patch4-window12-384/f"), Ok("swin-large-patch4-window12-384/flowers".into()));
        assert_eq!(found("mobilenet-v2"), Ok("mobilenet-v2-100-160/caltech256".into()));
        assert!(found("resnet").unwrap_err().starts_with("there is no run 'resnet'; there are swin-large"));
        selection.status = None;
        assert_eq!(run(&selection, None).unwrap_err(), "the selection has no runs yet");
    }

    #[test]
    fn the_training_job_that_tells_most() {
        let selection = sample::complete();
        let runs = selection.status.unwrap().runs;
        assert_eq!(of_ended(&runs[0]), Some("swin-large-patch4-window12-384-001"));
        let message = "the tuning job failed: x. Training job 'ms-abc-003-1f' failed: y; its logs are in ...";
        let mut failed = RunStatus { tuning_job_name: Some("ms-abc".into()), ..RunStatus::default() };
        failed = failed.with(RunState::Failed, None, Some(message));
        assert_eq!(of_ended(&failed), Some("ms-abc-003-1f"));
        assert_eq!(of_ended(&RunStatus { state: RunState::Running, ..failed }), None);
    }
}
