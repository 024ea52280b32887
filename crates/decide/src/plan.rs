//! Which runs there are, and which of them are the runs that were there before.

use std::collections::{BTreeSet, HashMap};

use super::definition::{Definition, Source};
use super::effective;
use crate::problem::Problem;
use crate::run::{RunEvent, after, apply};
use api::{
    Algorithm, Candidate, Dataset, ModelSelectionSpec, ModelSelectionStatus, Reason, RunState, RunStatus, SupersededJob,
};

/// The resolved version of a JumpStart candidate's model, or why there is none (yet).
pub type ResolvedVersion = Result<String, Problem>;

/// What the runs are to be, before anything is done about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// One for each cell: dataset by dataset, candidate by candidate.
    pub runs: Vec<RunStatus>,
    /// Jobs that no run refers to any more and that may still run.
    pub superseded: Vec<SupersededJob>,
}

/// The version that the status has resolved for `candidate`: that of a run of the same model, as long as the spec still
/// asks for a version that includes it.
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

/// Whether `version` is one that `wanted` (exact, `4.*`, `4.0.*` or `*`) asks for.
pub fn version_matches(wanted: &str, version: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(prefix) => version.starts_with(prefix),
        None => wanted == version,
    }
}

/// The definition of each cell, given the pinned version of each candidate (in their order; `None` for own images).
pub fn definition(
    spec: &ModelSelectionSpec,
    region: &str,
    dataset: &Dataset,
    candidate: &Candidate,
    pin: Option<&ResolvedVersion>,
) -> Result<Definition, Problem> {
    let Candidate { name, jump_start, algorithm, tuning_job_name, .. } = candidate;
    let own = |algorithm: &Algorithm| {
        let input_mode = algorithm.input_mode.unwrap_or_default();
        let of_image = algorithm.training_image.clone().map(|image| Source::Image { image, input_mode });
        of_image.or_else(|| algorithm.algorithm_name.clone().map(|name| Source::Algorithm { name, input_mode }))
    };
    let source = match (tuning_job_name, algorithm.as_ref().and_then(own), jump_start, pin) {
        (Some(name), ..) => Source::TuningJob { name: name.clone() },
        (_, Some(own), ..) => own,
        (_, _, Some(model), Some(pin)) => Source::JumpStart { model_id: model.model_id.clone(), version: pin.clone()? },
        _ => {
            let message =
                format!("`candidates` entry '{name}' must have one of `jumpStart`, `algorithm` and `tuningJobName`");
            return Err(Problem::new(Reason::InvalidSpec, message));
        }
    };
    let spec = effective::for_candidate(spec, candidate)?;
    Ok(Definition::new(&spec, region, dataset, candidate, source))
}

/// The candidates that are run on `dataset`, each with its pin: all but those whose job was trained on another, and those
/// that were measured elsewhere.
pub fn cells_of<'a>(
    spec: &'a ModelSelectionSpec,
    dataset: &'a Dataset,
    pins: &'a [Option<ResolvedVersion>],
) -> impl Iterator<Item = (&'a Candidate, &'a Option<ResolvedVersion>)> {
    let here = |candidate: &Candidate| {
        candidate.observed.is_none() && candidate.dataset.as_ref().is_none_or(|name| *name == dataset.name)
    };
    spec.candidates.iter().zip(pins).filter(move |(candidate, _)| here(candidate))
}

/// The fingerprints of the definitions of one spec in one region, by candidate, dataset and pin, so that a pass works out
/// only those that it does not know.
#[derive(Debug, Default)]
pub struct Fingerprints(HashMap<(String, String, Option<String>), String>);

impl Fingerprints {
    fn of(
        &mut self,
        spec: &ModelSelectionSpec,
        region: &str,
        (dataset, candidate): (&Dataset, &Candidate),
        pin: Option<&ResolvedVersion>,
    ) -> Result<String, Problem> {
        let version = pin.and_then(|pin| pin.as_ref().ok()).cloned();
        let key = (candidate.name.clone(), dataset.name.clone(), version);
        if let (Some(known), None | Some(Ok(_))) = (self.0.get(&key), pin) {
            return Ok(known.clone());
        }
        let fingerprint = definition(spec, region, dataset, candidate, pin)?.fingerprint();
        self.0.insert(key, fingerprint.clone());
        Ok(fingerprint)
    }
}

/// The runs of the spec. A run whose definition is what it was is kept with all that is known of it; any other starts
/// afresh, and the job that it leaves behind is superseded. `undecided` are candidates of which it is not known yet
/// whether the spec still asks for them: their jobs and results stay, at the end. `known` are fingerprints of this spec.
pub fn plan(
    spec: &ModelSelectionSpec,
    status: &ModelSelectionStatus,
    region: &str,
    pins: &[Option<ResolvedVersion>],
    undecided: &BTreeSet<String>,
    known: &mut Fingerprints,
) -> Plan {
    let same_era = status.rerun == spec.rerun && status.region.as_deref().is_none_or(|r| r == region);
    let mut before: Vec<&RunStatus> = status.runs.iter().collect();
    let mut runs = Vec::with_capacity(spec.datasets.len() * spec.candidates.len());
    for dataset in &spec.datasets {
        for (candidate, pin) in cells_of(spec, dataset, pins) {
            let defined = known.of(spec, region, (dataset, candidate), pin.as_ref());
            let same = before.iter().position(|run| run.candidate == candidate.name && run.dataset == dataset.name);
            let kept = same
                .filter(|&i| same_era && defined.as_ref().is_ok_and(|d| before[i].definition.as_deref() == Some(d)));
            runs.push(match (kept, defined) {
                // In order, since what is undecided keeps the order that it has.
                (Some(i), _) => as_declared(before.remove(i).clone(), candidate),
                (None, Ok(fingerprint)) => RunStatus {
                    candidate: candidate.name.clone(),
                    dataset: dataset.name.clone(),
                    definition: Some(fingerprint),
                    model_id: candidate.jump_start.as_ref().map(|model| model.model_id.clone()),
                    model_version: pin.as_ref().and_then(|pin| pin.as_ref().ok()).cloned(),
                    reason: Some(Reason::Queued),
                    attached: candidate.tuning_job_name.is_some(),
                    // Nothing is created for it: it is looked for like a job whose Create was not answered.
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
        // One whose job may exist is not given up either: it would be stopped, and made again.
        let counts = run.state.active() || run.state.ended() || run.tuning_job_name.is_some();
        same_era && !named && undecided.contains(&run.candidate) && counts
    };
    let (staying, before): (Vec<_>, Vec<_>) = before.into_iter().partition(|run| stays(run));
    runs.extend(staying.into_iter().cloned());
    let old_region = status.region.as_deref().unwrap_or(region);
    // A job that a candidate names is only read from now on, even if the selection had made it itself.
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

/// Whether the run follows a job that was not made for it, and which, is for the spec to say, whatever a status says.
fn as_declared(run: RunStatus, candidate: &Candidate) -> RunStatus {
    let attached = candidate.tuning_job_name.is_some();
    RunStatus { attached, tuning_job_name: candidate.tuning_job_name.clone().or(run.tuning_job_name), ..run }
}

/// Gives superseded jobs back to runs that want them again before they could be stopped. `name` is the name of the tuning
/// job of a run. Such a run finds out like any other whose job may exist: it takes the job up, or, if a stop did get
/// through, goes on to the next attempt. Stopping the job later would end a run that nobody asked to stop.
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

/// Sets runs that ended and are to be tried again to waiting: after a failure, as long as `retries` allows; after a stop
/// by suspend, once suspend is lifted.
///
/// Belongs right behind every step that may end a run. A selection whose last run has just failed would otherwise count
/// as complete, and nothing would wake it for the next attempt.
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

/// The job that `run` leaves behind when it goes, if it may still run and is ours to stop.
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
mod tests {
    use super::*;
    use samples::spec;

    fn plan(
        spec: &ModelSelectionSpec,
        status: &ModelSelectionStatus,
        region: &str,
        pins: &[Option<ResolvedVersion>],
        undecided: &BTreeSet<String>,
    ) -> Plan {
        super::plan(spec, status, region, pins, undecided, &mut Fingerprints::default())
    }

    #[test]
    fn what_is_known_of_a_spec_is_planned_as_it_was() {
        let spec = spec();
        let mut known = Fingerprints::default();
        let mut plan = |pins: &[_]| {
            super::plan(&spec, &ModelSelectionStatus::default(), "us-west-2", pins, &BTreeSet::new(), &mut known).runs
        };
        let first = plan(&pins(&spec));
        assert_eq!(plan(&pins(&spec)), first);
        let other = plan(&[Some(Ok("5.0.0".to_owned())), None]);
        assert_ne!(other[0].definition, first[0].definition, "of another version");
        assert_eq!(plan(&[Some(Err(Problem::new(Reason::UnknownModel, "gone"))), None])[0].definition, None);
        assert_eq!(plan(&pins(&spec)), first);
    }

    fn pins(spec: &ModelSelectionSpec) -> Vec<Option<ResolvedVersion>> {
        spec.candidates.iter().map(|c| c.jump_start.as_ref().map(|_| Ok("4.0.2".to_owned()))).collect()
    }

    /// The status after every run of `spec` got a running job.
    fn launched(spec: &ModelSelectionSpec) -> ModelSelectionStatus {
        let runs = plan(spec, &ModelSelectionStatus::default(), "us-west-2", &pins(spec), &BTreeSet::new()).runs;
        let runs = runs.into_iter().map(|run| RunStatus {
            tuning_job_name: Some(format!("ms-{}-{}", run.candidate, run.dataset)),
            state: RunState::Running,
            reason: None,
            ..run
        });
        ModelSelectionStatus {
            runs: runs.collect(),
            region: Some("us-west-2".into()),
            rerun: spec.rerun.clone(),
            ..Default::default()
        }
    }

    fn names(plan: &Plan) -> Vec<&str> {
        plan.superseded.iter().map(|job| job.tuning_job_name.as_str()).collect()
    }

    #[test]
    fn nothing_changes_when_nothing_changed() {
        let spec = spec();
        let status = launched(&spec);
        let plan = plan(&spec, &status, "us-west-2", &pins(&spec), &BTreeSet::new());
        assert_eq!(plan.runs, status.runs);
        assert!(plan.superseded.is_empty());
    }

    #[test]
    fn an_edit_touches_only_the_runs_that_it_changes() {
        let mut spec = spec();
        let status = launched(&spec);
        spec.candidates[1].hyperparameters.insert("epochs".into(), "9".into());
        let plan = plan(&spec, &status, "us-west-2", &pins(&spec), &BTreeSet::new());
        assert_eq!(plan.runs[0], status.runs[0]);
        assert_eq!(plan.runs[1].state, RunState::Waiting);
        assert_eq!(names(&plan), ["ms-own-caltech256"]);
    }

    #[test]
    fn adding_a_candidate_or_dataset_adds_runs_and_removing_one_stops_its_jobs() {
        let mut spec = spec();
        let status = launched(&spec);
        let mut extra = spec.candidates[1].clone();
        extra.name = "extra".into();
        spec.candidates.push(extra);
        let grown = plan(&spec, &status, "us-west-2", &pins(&spec), &BTreeSet::new());
        assert_eq!(&grown.runs[..2], &status.runs[..]);
        assert_eq!(grown.runs[2].state, RunState::Waiting);
        spec.candidates.drain(..2);
        let shrunk = plan(&spec, &status, "us-west-2", &pins(&spec), &BTreeSet::new());
        assert_eq!(shrunk.runs.len(), 1);
        assert_eq!(names(&shrunk), ["ms-mobilenet-caltech256", "ms-own-caltech256"]);
    }

    #[test]
    fn runs_of_a_selector_that_is_being_expanded_anew_stay_as_they_are() {
        let mut spec = spec();
        let status = launched(&spec);
        let gone = spec.candidates.remove(0);
        let undecided = BTreeSet::from([gone.name]);
        let waiting = plan(&spec, &status, "us-west-2", &pins(&spec), &undecided);
        assert_eq!((waiting.runs.last(), waiting.superseded.len()), (Some(&status.runs[0]), 0));
        let again = ModelSelectionStatus { runs: waiting.runs.clone(), ..status.clone() };
        assert_eq!(plan(&spec, &again, "us-west-2", &pins(&spec), &undecided).runs, waiting.runs);
        let decided = plan(&spec, &status, "us-west-2", &pins(&spec), &BTreeSet::new());
        assert_eq!((decided.runs.len(), names(&decided)), (1, vec!["ms-mobilenet-caltech256"]));
    }

    #[test]
    fn the_order_of_what_is_undecided_stays() {
        let mut spec = spec();
        for name in ["u1", "u2", "u3"] {
            let more = Candidate { name: name.into(), ..spec.candidates[1].clone() };
            spec.candidates.insert(1, more);
        }
        let status = launched(&spec);
        let gone: BTreeSet<String> = spec.candidates.drain(1..4).map(|candidate| candidate.name).collect();
        let once = plan(&spec, &status, "us-west-2", &pins(&spec), &gone).runs;
        let status = ModelSelectionStatus { runs: once.clone(), ..status };
        assert_eq!(plan(&spec, &status, "us-west-2", &pins(&spec), &gone).runs, once);
    }

    #[test]
    fn a_job_of_the_selections_own_that_is_attached_goes_on() {
        let mut spec = spec();
        let status = launched(&spec);
        let own = status.runs[1].tuning_job_name.clone();
        spec.candidates[1] = Candidate { name: "own".into(), tuning_job_name: own, ..Candidate::default() };
        let planned = plan(&spec, &status, "us-west-2", &pins(&spec), &BTreeSet::new());
        assert_eq!((planned.superseded.len(), planned.runs[1].attached), (0, true));
    }

    #[test]
    fn an_attached_job_is_left_to_its_owner() {
        let mut spec = spec();
        spec.candidates[1] =
            Candidate { name: "theirs".into(), tuning_job_name: Some("their-job".into()), ..Candidate::default() };
        let status = launched(&spec);
        assert!(status.runs[1].attached && status.runs[1].definition.is_some());
        spec.candidates.pop();
        assert_eq!(plan(&spec, &status, "us-west-2", &pins(&spec), &BTreeSet::new()).superseded, []);
    }

    #[test]
    fn rerun_and_region_start_everything_anew() {
        let mut spec = spec();
        let status = launched(&spec);
        assert_eq!(plan(&spec, &status, "eu-west-1", &pins(&spec), &BTreeSet::new()).superseded[0].region, "us-west-2");
        spec.rerun = "again".into();
        let plan = plan(&spec, &status, "us-west-2", &pins(&spec), &BTreeSet::new());
        assert!(plan.runs.iter().all(|run| run.state == RunState::Waiting && run.attempt == 0));
        assert_eq!(plan.superseded.len(), 2);
    }

    #[test]
    fn a_job_that_is_wanted_again_before_it_was_stopped_is_not_stopped() {
        let first = spec();
        let mut edited = spec();
        edited.candidates[1].hyperparameters.insert("epochs".into(), "9".into());
        let mut status = launched(&first);
        status.runs[1].attempt = 2;
        status.runs[1].tuning_job_name = Some("own-2".into());
        let Plan { runs, superseded } = plan(&edited, &status, "us-west-2", &pins(&edited), &BTreeSet::new());
        assert_eq!((runs[1].attempt, superseded.len()), (0, 1));
        let status = ModelSelectionStatus { runs, superseded, ..status };

        let name = |run: &RunStatus| format!("{}-{}", run.candidate, run.attempt);
        let mut back = plan(&first, &status, "us-west-2", &pins(&first), &BTreeSet::new());
        take_back(&mut back, name);
        assert_eq!(names(&back), Vec::<&str>::new());
        let run = &back.runs[1];
        assert_eq!((run.state, run.attempt, run.tuning_job_name.as_deref()), (RunState::Waiting, 2, Some("own-2")));
        // Another rerun has other names, and wants none of the old jobs.
        let mut rerun = plan(&first, &status, "us-west-2", &pins(&first), &BTreeSet::new());
        take_back(&mut rerun, |run| format!("{}-again", name(run)));
        assert_eq!((names(&rerun), rerun.runs[1].attempt), (vec!["own-2"], 0));
        // An edit to something else leaves it to be stopped.
        let mut still = plan(&edited, &status, "us-west-2", &pins(&edited), &BTreeSet::new());
        take_back(&mut still, name);
        assert_eq!(names(&still), ["own-2"]);
    }

    #[test]
    fn reordering_candidates_moves_runs_and_makes_none() {
        let mut spec = spec();
        let status = launched(&spec);
        spec.candidates.reverse();
        let plan = plan(&spec, &status, "us-west-2", &pins(&spec), &BTreeSet::new());
        assert_eq!(plan.runs, [status.runs[1].clone(), status.runs[0].clone()]);
    }

    #[test]
    fn an_unresolved_model_holds_only_its_own_runs() {
        let spec = spec();
        let mut pins = pins(&spec);
        pins[0] = Some(Err(Problem::new(Reason::UnknownModel, "no such model")));
        let plan = plan(&spec, &ModelSelectionStatus::default(), "us-west-2", &pins, &BTreeSet::new());
        assert_eq!(plan.runs[0].reason, Some(Reason::UnknownModel));
        assert_eq!(plan.runs[1].reason, Some(Reason::Queued));
    }

    #[test]
    fn failures_are_retried_as_often_as_asked_and_stops_by_suspend_once_it_is_lifted() {
        let mut spec = spec();
        let advance = |spec: &ModelSelectionSpec, run: RunStatus| {
            let mut runs = [run];
            super::advance(spec, &mut runs);
            let [run] = runs;
            run
        };
        spec.retries = 1;
        let failed = RunStatus { state: RunState::Failed, ..RunStatus::default() };
        let again = advance(&spec, failed);
        assert_eq!((again.state, again.attempt, again.failed_attempts), (RunState::Waiting, 1, 1));
        let twice = advance(&spec, RunStatus { state: RunState::Failed, ..again });
        assert_eq!((twice.state, twice.attempt), (RunState::Failed, 1));

        let stopped = RunStatus { state: RunState::Stopped, reason: Some(Reason::Suspended), ..RunStatus::default() };
        spec.suspend = true;
        assert_eq!(advance(&spec, stopped.clone()), stopped);
        spec.suspend = false;
        let again = advance(&spec, stopped);
        assert_eq!((again.state, again.attempt, again.failed_attempts), (RunState::Waiting, 1, 0));
        let by_hand =
            RunStatus { state: RunState::Stopped, reason: Some(Reason::StoppedExternally), ..RunStatus::default() };
        assert_eq!(advance(&spec, by_hand.clone()), by_hand);
    }

    #[test]
    fn a_pin_holds_until_the_model_or_the_wanted_version_changes() {
        let mut spec = spec();
        spec.candidates[0].jump_start.as_mut().unwrap().version = Some("*".into());
        let status = launched(&spec);
        assert_eq!(version_by_status(&status, &spec.candidates[0]).as_deref(), Some("4.0.2"));
        spec.candidates[0].jump_start.as_mut().unwrap().version = Some("4.*".into());
        assert_eq!(version_by_status(&status, &spec.candidates[0]).as_deref(), Some("4.0.2"));
        spec.candidates[0].jump_start.as_mut().unwrap().version = Some("5.*".into());
        assert_eq!(version_by_status(&status, &spec.candidates[0]), None);
        spec.candidates[0].jump_start.as_mut().unwrap().version = Some("3.0.0".into());
        assert_eq!(version_by_status(&status, &spec.candidates[0]).as_deref(), Some("3.0.0"));
        spec.candidates[0].jump_start.as_mut().unwrap().model_id = "other".into();
        spec.candidates[0].jump_start.as_mut().unwrap().version = None;
        assert_eq!(version_by_status(&status, &spec.candidates[0]), None);
    }
}
