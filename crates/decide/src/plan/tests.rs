use super::*;
use samples::spec;

fn plan(
    spec: &ModelSelectionSpec,
    status: &ModelSelectionStatus,
    region: &str,
    versions: &[Option<ResolvedVersion>],
    undecided: &BTreeSet<String>,
) -> Plan {
    super::plan(spec, status, region, versions, undecided, &mut Fingerprints::default())
}

#[test]
fn known_fingerprints_give_the_same_plan() {
    let spec = spec();
    let mut known = Fingerprints::default();
    let mut plan = |versions: &[_]| {
        super::plan(&spec, &ModelSelectionStatus::default(), "us-west-2", versions, &BTreeSet::new(), &mut known).runs
    };
    let first = plan(&versions(&spec));
    assert_eq!(plan(&versions(&spec)), first);
    let other = plan(&[Some(Ok("5.0.0".to_owned())), None]);
    assert_ne!(other[0].definition, first[0].definition, "of another version");
    assert_eq!(plan(&[Some(Err(Problem::new(Reason::UnknownModel, "gone"))), None])[0].definition, None);
    assert_eq!(plan(&versions(&spec)), first);
}

fn versions(spec: &ModelSelectionSpec) -> Vec<Option<ResolvedVersion>> {
    spec.candidates.iter().map(|c| c.jump_start.as_ref().map(|_| Ok("4.0.2".to_owned()))).collect()
}

/// The status after every run of `spec` got a running job.
fn launched(spec: &ModelSelectionSpec) -> ModelSelectionStatus {
    let runs = plan(spec, &ModelSelectionStatus::default(), "us-west-2", &versions(spec), &BTreeSet::new()).runs;
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
    let plan = plan(&spec, &status, "us-west-2", &versions(&spec), &BTreeSet::new());
    assert_eq!(plan.runs, status.runs);
    assert!(plan.superseded.is_empty());
}

#[test]
fn an_edit_touches_only_the_runs_that_it_changes() {
    let mut spec = spec();
    let status = launched(&spec);
    spec.candidates[1].overrides.hyperparameters.insert("epochs".into(), "9".into());
    let plan = plan(&spec, &status, "us-west-2", &versions(&spec), &BTreeSet::new());
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
    let grown = plan(&spec, &status, "us-west-2", &versions(&spec), &BTreeSet::new());
    assert_eq!(&grown.runs[..2], &status.runs[..]);
    assert_eq!(grown.runs[2].state, RunState::Waiting);
    spec.candidates.drain(..2);
    let shrunk = plan(&spec, &status, "us-west-2", &versions(&spec), &BTreeSet::new());
    assert_eq!(shrunk.runs.len(), 1);
    assert_eq!(names(&shrunk), ["ms-mobilenet-caltech256", "ms-own-caltech256"]);
}

#[test]
fn runs_of_a_selector_that_is_being_evaluated_again_stay_as_they_are() {
    let mut spec = spec();
    let status = launched(&spec);
    let gone = spec.candidates.remove(0);
    let undecided = BTreeSet::from([gone.name]);
    let waiting = plan(&spec, &status, "us-west-2", &versions(&spec), &undecided);
    assert_eq!((waiting.runs.last(), waiting.superseded.len()), (Some(&status.runs[0]), 0));
    let again = ModelSelectionStatus { runs: waiting.runs.clone(), ..status.clone() };
    assert_eq!(plan(&spec, &again, "us-west-2", &versions(&spec), &undecided).runs, waiting.runs);
    let decided = plan(&spec, &status, "us-west-2", &versions(&spec), &BTreeSet::new());
    assert_eq!((decided.runs.len(), names(&decided)), (1, vec!["ms-mobilenet-caltech256"]));
}

#[test]
fn undecided_runs_keep_their_order() {
    let mut spec = spec();
    for name in ["u1", "u2", "u3"] {
        let more = Candidate { name: name.into(), ..spec.candidates[1].clone() };
        spec.candidates.insert(1, more);
    }
    let status = launched(&spec);
    let gone: BTreeSet<String> = spec.candidates.drain(1..4).map(|candidate| candidate.name).collect();
    let once = plan(&spec, &status, "us-west-2", &versions(&spec), &gone).runs;
    let status = ModelSelectionStatus { runs: once.clone(), ..status };
    assert_eq!(plan(&spec, &status, "us-west-2", &versions(&spec), &gone).runs, once);
}

#[test]
fn an_attached_job_of_the_selection_itself_continues() {
    let mut spec = spec();
    let status = launched(&spec);
    let own = status.runs[1].tuning_job_name.clone();
    spec.candidates[1] = Candidate { name: "own".into(), tuning_job_name: own, ..Candidate::default() };
    let planned = plan(&spec, &status, "us-west-2", &versions(&spec), &BTreeSet::new());
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
    assert_eq!(plan(&spec, &status, "us-west-2", &versions(&spec), &BTreeSet::new()).superseded, []);
}

#[test]
fn an_edit_of_rerun_or_region_restarts_everything() {
    let mut spec = spec();
    let status = launched(&spec);
    assert_eq!(plan(&spec, &status, "eu-west-1", &versions(&spec), &BTreeSet::new()).superseded[0].region, "us-west-2");
    spec.rerun = "again".into();
    let plan = plan(&spec, &status, "us-west-2", &versions(&spec), &BTreeSet::new());
    assert!(plan.runs.iter().all(|run| run.state == RunState::Waiting && run.attempt == 0));
    assert_eq!(plan.superseded.len(), 2);
}

#[test]
fn a_job_that_is_needed_again_before_it_was_stopped_is_not_stopped() {
    let first = spec();
    let mut edited = spec();
    edited.candidates[1].overrides.hyperparameters.insert("epochs".into(), "9".into());
    let mut status = launched(&first);
    status.runs[1].attempt = 2;
    status.runs[1].tuning_job_name = Some("own-2".into());
    let Plan { runs, superseded } = plan(&edited, &status, "us-west-2", &versions(&edited), &BTreeSet::new());
    assert_eq!((runs[1].attempt, superseded.len()), (0, 1));
    let status = ModelSelectionStatus { runs, superseded, ..status };

    let name = |run: &RunStatus| format!("{}-{}", run.candidate, run.attempt);
    let mut back = plan(&first, &status, "us-west-2", &versions(&first), &BTreeSet::new());
    take_back(&mut back, name);
    assert_eq!(names(&back), Vec::<&str>::new());
    let run = &back.runs[1];
    assert_eq!((run.state, run.attempt, run.tuning_job_name.as_deref()), (RunState::Waiting, 2, Some("own-2")));
    // Another rerun has other job names, and needs none of the old jobs.
    let mut rerun = plan(&first, &status, "us-west-2", &versions(&first), &BTreeSet::new());
    take_back(&mut rerun, |run| format!("{}-again", name(run)));
    assert_eq!((names(&rerun), rerun.runs[1].attempt), (vec!["own-2"], 0));
    // After an edit of another field, the job is still stopped.
    let mut still = plan(&edited, &status, "us-west-2", &versions(&edited), &BTreeSet::new());
    take_back(&mut still, name);
    assert_eq!(names(&still), ["own-2"]);
}

#[test]
fn reordering_candidates_reorders_runs_and_creates_none() {
    let mut spec = spec();
    let status = launched(&spec);
    spec.candidates.reverse();
    let plan = plan(&spec, &status, "us-west-2", &versions(&spec), &BTreeSet::new());
    assert_eq!(plan.runs, [status.runs[1].clone(), status.runs[0].clone()]);
}

#[test]
fn an_unresolved_model_blocks_only_its_own_runs() {
    let spec = spec();
    let mut versions = versions(&spec);
    versions[0] = Some(Err(Problem::new(Reason::UnknownModel, "no such model")));
    let plan = plan(&spec, &ModelSelectionStatus::default(), "us-west-2", &versions, &BTreeSet::new());
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
fn a_resolved_version_stays_until_the_model_or_the_wanted_version_changes() {
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
