//! The runs of a spec, and which of them exist already.

use std::collections::{BTreeSet, HashMap};

use super::effective;
use super::fingerprint::{Definition, Source};
use super::model_version::version_matches;
use crate::problem::Problem;
use crate::run::{RunEvent, after, apply};
use api::{
    Algorithm, Candidate, Dataset, ModelSelectionSpec, ModelSelectionStatus, Reason, RunState, RunStatus, SupersededJob,
};

/// The resolved version of a JumpStart candidate's model, or why there is none (yet).
pub type ResolvedVersion = Result<String, Problem>;

/// The planned runs and superseded jobs.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// One run for each candidate on each dataset: dataset by dataset, candidate by candidate.
    pub runs: Vec<RunStatus>,
    /// Jobs that no run refers to any more and that may still run.
    pub superseded: Vec<SupersededJob>,
}

/// The version that the status has resolved for `candidate`: that of a run of the same model, as long as the version in
/// the spec still matches it.
pub fn version_by_status(status: &ModelSelectionStatus, candidate: &Candidate) -> Option<String> {
    let model = candidate.jump_start.as_ref()?;
    let wanted = model.version.as_deref().unwrap_or("*");
    if !wanted.ends_with('*') {
        return Some(wanted.to_owned());
    }
    status
        .runs
        .iter()
        .filter(|run| run.candidate == candidate.name && run.model_id.as_deref() == Some(&model.model_id))
        .find_map(|run| run.model_version.clone())
        .filter(|version| version_matches(wanted, version))
}

/// The definition of the run of `candidate` on `dataset`. `version` is the resolved version of the candidate's model;
/// `None` for a candidate without a JumpStart model.
///
/// # Errors
/// If the version is not resolved, the candidate names nothing to train, or its overrides violate a rule.
pub fn definition(
    spec: &ModelSelectionSpec,
    region: &str,
    dataset: &Dataset,
    candidate: &Candidate,
    version: Option<&ResolvedVersion>,
) -> Result<Definition, Problem> {
    let Candidate { name, jump_start, algorithm, tuning_job_name, .. } = candidate;
    let own = |algorithm: &Algorithm| {
        let input_mode = algorithm.input_mode.unwrap_or_default();
        let of_image = algorithm.training_image.clone().map(|image| Source::Image { image, input_mode });
        of_image.or_else(|| algorithm.algorithm_name.clone().map(|name| Source::Algorithm { name, input_mode }))
    };
    let source = match (tuning_job_name, algorithm.as_ref().and_then(own), jump_start, version) {
        (Some(name), ..) => Source::TuningJob { name: name.clone() },
        (_, Some(own), ..) => own,
        (_, _, Some(model), Some(version)) => {
            Source::JumpStart { model_id: model.model_id.clone(), version: version.clone()? }
        }
        _ => {
            let message =
                format!("`candidates` entry '{name}' must have one of `jumpStart`, `algorithm` and `tuningJobName`");
            return Err(Problem::new(Reason::InvalidSpec, message));
        }
    };
    let spec = effective::for_candidate(spec, candidate)?;
    Ok(Definition::new(&spec, region, dataset, candidate, source))
}

/// The candidates that have a run on `dataset`, each with its resolved version: all except existing tuning jobs for
/// another dataset, and observed candidates.
pub fn candidates_on<'a>(
    spec: &'a ModelSelectionSpec,
    dataset: &'a Dataset,
    versions: &'a [Option<ResolvedVersion>],
) -> impl Iterator<Item = (&'a Candidate, &'a Option<ResolvedVersion>)> {
    let here = |candidate: &Candidate| {
        candidate.observed.is_none() && candidate.dataset.as_ref().is_none_or(|name| *name == dataset.name)
    };
    spec.candidates.iter().zip(versions).filter(move |(candidate, _)| here(candidate))
}

/// The fingerprints of the definitions of one spec in one region, by candidate, dataset and version, so that a pass
/// computes only new ones.
#[derive(Debug, Default)]
pub struct Fingerprints(HashMap<(String, String, Option<String>), String>);

impl Fingerprints {
    fn of(
        &mut self,
        spec: &ModelSelectionSpec,
        region: &str,
        (dataset, candidate): (&Dataset, &Candidate),
        version: Option<&ResolvedVersion>,
    ) -> Result<String, Problem> {
        let resolved = version.and_then(|version| version.as_ref().ok()).cloned();
        let key = (candidate.name.clone(), dataset.name.clone(), resolved);
        if let (Some(known), None | Some(Ok(_))) = (self.0.get(&key), version) {
            return Ok(known.clone());
        }
        let fingerprint = definition(spec, region, dataset, candidate, version)?.fingerprint();
        self.0.insert(key, fingerprint.clone());
        Ok(fingerprint)
    }
}

/// The runs of the spec. A run whose definition has not changed is kept with its whole state; any other run starts from
/// the beginning, and its previous job is superseded. `undecided` are candidates of which it is not known yet whether
/// the spec still includes them: their jobs and results stay, at the end. `known` are fingerprints of this spec.
pub fn plan(
    spec: &ModelSelectionSpec,
    status: &ModelSelectionStatus,
    region: &str,
    versions: &[Option<ResolvedVersion>],
    undecided: &BTreeSet<String>,
    known: &mut Fingerprints,
) -> Plan {
    let same_rerun_and_region = status.rerun == spec.rerun && status.region.as_deref().is_none_or(|r| r == region);
    let mut before: Vec<&RunStatus> = status.runs.iter().collect();
    let mut runs = Vec::with_capacity(spec.datasets.len() * spec.candidates.len());
    for dataset in &spec.datasets {
        for (candidate, version) in candidates_on(spec, dataset, versions) {
            let defined = known.of(spec, region, (dataset, candidate), version.as_ref());
            let same = before.iter().position(|run| run.candidate == candidate.name && run.dataset == dataset.name);
            let kept = same.filter(|&i| {
                same_rerun_and_region && defined.as_ref().is_ok_and(|d| before[i].definition.as_deref() == Some(d))
            });
            runs.push(match (kept, defined) {
                // Removed in order, because undecided runs keep their order.
                (Some(i), _) => as_declared(before.remove(i).clone(), candidate),
                (None, Ok(fingerprint)) => RunStatus {
                    candidate: candidate.name.clone(),
                    dataset: dataset.name.clone(),
                    definition: Some(fingerprint),
                    model_id: candidate.jump_start.as_ref().map(|model| model.model_id.clone()),
                    model_version: version.as_ref().and_then(|version| version.as_ref().ok()).cloned(),
                    reason: Some(Reason::Queued),
                    attached: candidate.tuning_job_name.is_some(),
                    // Nothing is created for it: it is looked up like a job whose Create got no response.
                    tuning_job_name: candidate.tuning_job_name.clone(),
                    ..RunStatus::default()
                },
                (None, Err(problem)) => {
                    let run = RunStatus {
                        candidate: candidate.name.clone(),
                        dataset: dataset.name.clone(),
                        ..RunStatus::default()
                    };
                    after(run, RunEvent::NotResolved(&problem))
                }
            });
        }
    }
    let stays = |run: &RunStatus| {
        let named = spec.candidates.iter().any(|candidate| candidate.name == run.candidate);
        // A job that may exist is kept too: it would be stopped, and then created again.
        let counts = run.state.active() || run.state.ended() || run.tuning_job_name.is_some();
        same_rerun_and_region && !named && undecided.contains(&run.candidate) && counts
    };
    let (staying, before): (Vec<_>, Vec<_>) = before.into_iter().partition(|run| stays(run));
    runs.extend(staying.into_iter().cloned());
    let old_region = status.region.as_deref().unwrap_or(region);
    // A job that a candidate refers to is only read from now on, even if the selection itself has created it.
    let attached: Vec<&str> =
        spec.candidates.iter().filter_map(|candidate| candidate.tuning_job_name.as_deref()).collect();
    let superseded = status
        .superseded
        .iter()
        .cloned()
        .chain(before.into_iter().filter_map(|run| left_behind(run, old_region)))
        .filter(|job| !attached.contains(&job.tuning_job_name.as_str()));
    Plan { runs, superseded: superseded.collect() }
}

/// Whether the run follows a job that was not created for it, and which one, is determined by the spec and not by the
/// status.
fn as_declared(run: RunStatus, candidate: &Candidate) -> RunStatus {
    let attached = candidate.tuning_job_name.is_some();
    RunStatus { attached, tuning_job_name: candidate.tuning_job_name.clone().or(run.tuning_job_name), ..run }
}

/// Returns superseded jobs to runs that need them again before they were stopped. `name` returns the name of a run's
/// tuning job. Such a run continues like any run whose job may exist: it adopts the job or, if the job was stopped
/// after all, starts the next attempt. Stopping the job later would end a run that is wanted.
pub fn take_back(plan: &mut Plan, name: impl Fn(&RunStatus) -> String) {
    let Plan { runs, superseded } = plan;
    superseded.retain(|job| {
        for run in runs.iter_mut().filter(|run| run.state == RunState::Waiting && run.tuning_job_name.is_none()) {
            let same = run.candidate == job.candidate && run.dataset == job.dataset;
            let wanted = RunStatus { attempt: job.attempt, ..run.clone() };
            if same && run.definition.as_ref() == Some(&job.definition) && name(&wanted) == job.tuning_job_name {
                *run = RunStatus { tuning_job_name: Some(job.tuning_job_name.clone()), ..wanted };
                return false;
            }
        }
        true
    });
}

/// Sets ended runs that are to be tried again to waiting: after a failure, as long as `retries` allows; after a stop by
/// suspend, once suspend is false.
///
/// Must follow every step that can end a run. Otherwise a selection whose last run has just failed would count as
/// complete, and nothing would wake it for the next attempt.
pub fn advance(spec: &ModelSelectionSpec, runs: &mut [RunStatus]) {
    for run in runs.iter_mut().filter(|run| !run.attached) {
        match run.state {
            RunState::Failed if run.failed_attempts < spec.retries && run.reason != Some(Reason::TuningJobDeleted) => {
                let again = after(std::mem::take(run), RunEvent::NextAttempt);
                *run = RunStatus { failed_attempts: again.failed_attempts + 1, ..again };
            }
            RunState::Stopped if run.reason == Some(Reason::Suspended) && !spec.suspend => {
                apply(run, RunEvent::NextAttempt);
            }
            _ => {}
        }
    }
}

/// The job that `run` leaves behind when it is removed, if the job may still be running and is ours to stop.
pub fn left_behind(run: &RunStatus, region: &str) -> Option<SupersededJob> {
    if run.state.ended() || run.attached {
        return None;
    }
    Some(SupersededJob {
        tuning_job_name: run.tuning_job_name.clone()?,
        tuning_job_arn: run.tuning_job_arn.clone(),
        candidate: run.candidate.clone(),
        dataset: run.dataset.clone(),
        definition: run.definition.clone()?,
        attempt: run.attempt,
        region: region.to_owned(),
        stop_requested: false,
    })
}

#[cfg(test)]
mod tests;
