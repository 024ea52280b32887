use super::*;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

fn identity<'a>(candidate: &'a str, definition: &'a str) -> Identity<'a> {
    Identity { scope: "s", namespace: "n", name: "sel", candidate, dataset: "d", definition, rerun: "", attempt: 0 }
}

fn job(identity: &Identity<'_>, version: &str, status: JobStatus) -> TaggedJob {
    let mut tags = identity.tags();
    tags.push((tag::MODEL_ID.to_owned(), "model".to_owned()));
    tags.push((tag::MODEL_VERSION.to_owned(), version.to_owned()));
    TaggedJob { name: identity.job_name(), arn: "arn".into(), status, tags }
}

fn candidate(version: &str) -> Candidate {
    let model = api::JumpStart { model_id: "model".into(), version: Some(version.into()), ..Default::default() };
    Candidate { name: "c".into(), jump_start: Some(model), ..Candidate::default() }
}

#[test]
fn only_a_job_whose_name_follows_from_its_tags_proves_a_version() {
    let ours = job(&identity("c", "1"), "4.0.2", JobStatus::Completed);
    let forged = TaggedJob { name: "ms-other".into(), ..job(&identity("c", "1"), "9.9.9", JobStatus::InProgress) };
    let jobs = [forged, ours.clone()];
    assert_eq!(version_by_jobs(&jobs, &candidate("*"), ""), Some("4.0.2".into()));
    assert_eq!(version_by_jobs(&jobs, &candidate("3.*"), ""), None);
    assert_eq!(version_by_jobs(&jobs, &candidate("*"), "again"), None, "a job of another rerun");
    assert!(ours.is_genuine(""));
}

#[test]
fn the_newest_job_of_the_candidate_and_its_model_determines_the_version() {
    let with = |candidate: &str, model: &str, version: &str| {
        let mut job = job(&identity(candidate, version), version, JobStatus::Completed);
        job.tags.retain(|(key, _)| key != tag::MODEL_ID);
        job.tags.push((tag::MODEL_ID.to_owned(), model.to_owned()));
        job
    };
    let jobs = [
        with("own", "model", "9.0.0"),
        with("c", "other", "8.0.0"),
        with("c", "model", "4.0.2"),
        with("c", "model", "3.0.0"),
    ];
    assert_eq!(version_by_jobs(&jobs, &candidate("*"), "").as_deref(), Some("4.0.2"));
    assert_eq!(version_by_jobs(&jobs, &candidate("5.*"), ""), None);
    assert_eq!(version_by_jobs(&[], &candidate("*"), ""), None);
}

#[test]
fn a_selection_has_created_the_jobs_whose_names_follow_from_its_runs() {
    let ours = identity("c", "1");
    let run = |name: String| RunStatus {
        candidate: ours.candidate.into(),
        dataset: ours.dataset.into(),
        definition: Some(ours.definition.into()),
        tuning_job_name: Some(name),
        ..RunStatus::default()
    };
    let other = Identity { name: "other", ..ours.clone() }.job_name();
    let mut selection = ModelSelection::new(ours.name, samples::spec());
    selection.metadata.namespace = Some(ours.namespace.into());
    let runs = vec![run(ours.job_name()), run(other.clone())];
    selection.status = Some(ModelSelectionStatus { runs, ..ModelSelectionStatus::default() });
    assert!(has_created(&selection, ours.scope, &ours.job_name()));
    assert!(!has_created(&selection, "another cluster", &ours.job_name()));
    assert!(!has_created(&selection, ours.scope, &other), "its status names the job of another selection");
    assert!(!has_created(&selection, ours.scope, "ms-unknown"));
}

#[test]
fn a_waiting_run_gets_the_name_of_its_job_that_runs() {
    let (runs, ended) = (identity("c", "1"), identity("old", "2"));
    let jobs = [job(&runs, "1", JobStatus::InProgress), job(&ended, "1", JobStatus::Completed)];
    let run = |candidate: &str| RunStatus { candidate: candidate.into(), dataset: "d".into(), ..RunStatus::default() };
    let mut waiting = [run("c"), run("old"), run("new")];
    let definition = |candidate: &str| if candidate == "c" { "1" } else { "2" };
    let job_name = |run: &RunStatus| identity(&run.candidate, definition(&run.candidate)).job_name();
    assert_eq!(name_running(&jobs, &mut waiting, job_name, "us-west-2"), []);
    let named: Vec<_> = waiting.iter().map(|run| run.tuning_job_name.clone()).collect();
    assert_eq!(named, [Some(runs.job_name()), None, None]);
}

#[test]
fn a_run_gets_the_attempt_of_its_job_that_runs() {
    let attempt = |attempt, status| job(&Identity { attempt, ..identity("c", "1") }, "1", status);
    let jobs = [
        attempt(3, JobStatus::InProgress),
        attempt(2, JobStatus::Failed),
        attempt(1, JobStatus::Completed),
        attempt(0, JobStatus::Failed),
    ];
    let job_name = |run: &RunStatus| Identity { attempt: run.attempt, ..identity("c", "1") }.job_name();
    let with = |state, attempt, name: Option<&TaggedJob>| RunStatus {
        candidate: "c".into(),
        dataset: "d".into(),
        definition: Some("1".into()),
        state,
        attempt,
        tuning_job_name: name.map(|job| job.name.clone()),
        ..RunStatus::default()
    };
    let named = |run: RunStatus| {
        let mut runs = [run];
        let replaced = name_running(&jobs, &mut runs, job_name, "us-west-2");
        let replaced: Vec<String> = replaced.into_iter().map(|job| job.tuning_job_name).collect();
        let [RunStatus { state, attempt, failed_attempts, tuning_job_name, .. }] = runs;
        (state, attempt, failed_attempts, tuning_job_name, replaced)
    };
    let found = (RunState::Waiting, 3, 3, Some(jobs[0].name.clone()), vec![]);
    assert_eq!(named(with(RunState::Waiting, 0, None)), found, "of an empty status");
    assert_eq!(named(with(RunState::Failed, 2, Some(&jobs[1]))), found, "of an old status");
    assert_eq!(named(with(RunState::Running, 1, Some(&jobs[2]))).4, [""; 0], "its job has ended");
    let other = TaggedJob { name: "ms-c-other".into(), ..jobs[2].clone() };
    assert_eq!(named(with(RunState::Running, 1, Some(&other))).4, ["ms-c-other"], "it may run, too");
    let running = with(RunState::Running, 3, Some(&jobs[0]));
    assert_eq!(named(running).0, RunState::Running, "it is known");
    assert_eq!(named(with(RunState::Waiting, 4, None)).1, 4, "an old answer of the search");
}

#[test]
fn a_job_is_undecided_until_its_run_has_a_definition_or_the_selectors_are_known() {
    let run = |candidate: &str, definition: Option<&str>| RunStatus {
        candidate: candidate.into(),
        dataset: "d".into(),
        definition: definition.map(str::to_owned),
        ..RunStatus::default()
    };
    let mut spec = samples::spec();
    spec.datasets[0].name = "d".into();
    let runs = [run("resolved", Some("1")), run("unresolved", None)];
    let undecided = |job: &TaggedJob, known| is_undecided(job, &spec, &runs, known);
    for (candidate, selectors_are_known, expected) in [
        ("resolved", false, false),
        ("resolved", true, false),
        ("unresolved", false, true),
        ("unresolved", true, true),
        ("other", false, true),
        ("other", true, false),
    ] {
        let running = job(&identity(candidate, "1"), "1", JobStatus::InProgress);
        assert_eq!(undecided(&running, selectors_are_known), expected, "{candidate}");
    }
    let other = identity("other", "1");
    let ended = job(&other, "1", JobStatus::Stopping);
    let of_rerun = job(&Identity { rerun: "again", ..other.clone() }, "1", JobStatus::InProgress);
    let elsewhere = job(&Identity { dataset: "gone", ..other }, "1", JobStatus::InProgress);
    assert!([ended, of_rerun, elsewhere].iter().all(|job| !undecided(job, false)), "no run can want them");
}

#[test]
fn a_young_selection_may_have_jobs_that_its_status_does_not_have() {
    let at = |second| Timestamp::from_second(second).unwrap();
    let started =
        |start: i64| ModelSelectionStatus { start_time: Some(Time(at(start))), ..ModelSelectionStatus::default() };
    assert!(is_unsettled(&started(0), at(3_599)));
    assert!(is_unsettled(&started(100), at(0)), "the clock has jumped");
    assert!(!is_unsettled(&started(0), at(3_600)));
    let complete = ModelSelectionStatus { completion_time: Some(Time(at(9))), ..started(0) };
    assert!(!is_unsettled(&complete, at(10)));
}

#[test]
fn running_jobs_that_no_run_refers_to_are_orphans() {
    use JobStatus::{Completed, InProgress};
    let (wanted, other) = (identity("c", "1"), identity("gone", "2"));
    let jobs =
        [job(&wanted, "1", InProgress), job(&other, "1", InProgress), job(&identity("old", "3"), "1", Completed)];
    let run = RunStatus { candidate: "c".into(), tuning_job_name: Some(wanted.job_name()), ..Default::default() };
    let mut status = ModelSelectionStatus { runs: vec![run], ..Default::default() };
    let found = orphans(&jobs, &status, |_| String::new(), "us-west-2");
    assert_eq!(found.iter().map(|job| job.candidate.as_str()).collect::<Vec<_>>(), ["gone"]);
    let copy = TaggedJob { name: "ms-copy".into(), ..jobs[1].clone() };
    let all = [jobs[1].clone(), copy];
    let both = orphans(&all, &status, |_| String::new(), "us-west-2");
    let (ours, others) = claimed(both, &all, &["again", ""]);
    assert_eq!((ours.len(), others[0].tuning_job_name.as_str()), (1, "ms-copy"));
    status.superseded = found;
    assert_eq!(orphans(&jobs, &status, |_| String::new(), "us-west-2"), []);
}
