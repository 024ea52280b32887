use super::super::regions::Pauses;
use super::*;
use api::TrainingJobCounts;
use decide::observation::{BestSoFar, JobStatus, TuningJob};
use sagemaker::Class;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn owner(name: &str) -> ObjectRef<ModelSelection> {
    ObjectRef::new(name).within("ns")
}

fn running(completed: i32) -> ActiveJob {
    let training_jobs = TrainingJobCounts { completed, ..Default::default() };
    ActiveJob { status: JobStatus::InProgress, training_jobs, created: None }
}

#[allow(clippy::unnecessary_wraps)] // as the service returns it
fn listing(jobs: &[(&str, ActiveJob)]) -> Result<HashMap<String, ActiveJob>, TuningError> {
    Ok(jobs.iter().map(|(name, job)| ((*name).to_owned(), *job)).collect())
}

fn track_since(
    snapshot: &mut Snapshot,
    of: &str,
    names: &[&str],
    since: Since,
    second: i64,
) -> HashMap<String, Sighting> {
    let jobs: Vec<_> = names.iter().map(|name| RunningJob { name, stopping: false, limit: None }).collect();
    snapshot.track(&owner(of), &jobs, since, at(second))
}

fn track(snapshot: &mut Snapshot, of: &str, names: &[&str], second: i64) -> HashMap<String, Sighting> {
    track_since(snapshot, of, names, Since::Unknown, second)
}

#[test]
fn owners_are_woken_when_a_job_changes_and_only_then() {
    let mut snapshot = Snapshot::default();
    track(&mut snapshot, "a", &["ms-1", "ms-2"], 0);
    track(&mut snapshot, "b", &["ms-3"], 0);
    let all = [("ms-1", running(0)), ("ms-2", running(0)), ("ms-3", running(0))];
    assert_eq!(snapshot.listed(at(1), listing(&all)).len(), 2);
    assert_eq!(snapshot.listed(at(2), listing(&all)), []);
    assert_eq!(
        snapshot.listed(at(3), listing(&[("ms-1", running(0)), ("ms-3", running(1)), ("ms-2", running(0))])),
        [owner("b")]
    );
    assert_eq!(snapshot.listed(at(4), listing(&[("ms-1", running(0)), ("ms-3", running(1))])), [owner("a")]);
    assert_eq!(track(&mut snapshot, "a", &["ms-1", "ms-2"], 5)["ms-2"], Sighting::Left(at(4)));
    // It has not been described yet: the owner is woken again.
    assert_eq!(snapshot.listed(at(6), listing(&[("ms-1", running(0)), ("ms-3", running(1))])), [owner("a")]);
    // It was described, and is running: nothing to do until the next poll.
    snapshot.looked_at(&owner("a"), "ms-2");
    assert_eq!(track(&mut snapshot, "a", &["ms-1", "ms-2"], 6)["ms-2"], Sighting::Unseen);
    assert_eq!(snapshot.listed(at(7), listing(&[("ms-1", running(0)), ("ms-3", running(1))])), [owner("a")]);
    track(&mut snapshot, "a", &["ms-1"], 7);
    assert_eq!(snapshot.listed(at(8), listing(&[("ms-1", running(0)), ("ms-3", running(1))])), []);
}

#[test]
fn a_job_younger_than_the_listing_has_not_left() {
    let mut snapshot = Snapshot::default();
    track(&mut snapshot, "a", &["ms-1"], 5);
    assert_eq!(snapshot.listed(at(4), listing(&[])), []);
    assert_eq!(track(&mut snapshot, "a", &["ms-1"], 6)["ms-1"], Sighting::Unseen);
}

#[test]
fn a_fault_that_needs_a_person_wakes_owners_once_and_so_does_its_end() {
    let mut snapshot = Snapshot::default();
    track(&mut snapshot, "a", &["ms-1"], 0);
    let denied = || Err(TuningError { class: Class::Denied, operation: "List", code: None, message: String::new() });
    let away = || Err(TuningError { class: Class::Transient, operation: "List", code: None, message: String::new() });
    snapshot.listed(at(1), listing(&[("ms-1", running(0))]));
    assert_eq!(snapshot.listed(at(2), away()), []);
    assert_eq!(snapshot.listed(at(3), denied()), [owner("a")]);
    assert_eq!(snapshot.listed(at(4), denied()), []);
    assert_eq!(snapshot.listed(at(5), listing(&[("ms-1", running(0))])), [owner("a")]);
    assert_eq!(snapshot.problem(), None);
}

#[test]
fn a_snapshot_that_is_two_minutes_old_is_stale_until_a_response_arrives() {
    let mut snapshot = Snapshot::default();
    track(&mut snapshot, "a", &["ms-1"], 0);
    let away = || {
        let message = "connection refused".to_owned();
        Err(TuningError { class: Class::Transient, operation: "List", code: None, message })
    };
    snapshot.listed(at(10), listing(&[("ms-1", running(0))]));
    assert_eq!(snapshot.listed(at(129), away()), []);
    assert_eq!(snapshot.problem(), None);
    assert_eq!(snapshot.listed(at(130), away()), [owner("a")]);
    assert_eq!(snapshot.listed(at(200), away()), [], "reported once");
    let problem = snapshot.problem().unwrap();
    assert_eq!((problem.reason, snapshot.age(at(200)).as_secs()), (Reason::ObservationStale, 190));
    assert!(problem.message.contains("List failed: connection refused"), "{}", problem.message);
    assert_eq!(snapshot.listed(at(210), listing(&[("ms-1", running(0))])), [owner("a")]);
    assert_eq!(snapshot.problem(), None);
}

fn ended(status: JobStatus, has_best: bool) -> EndedJob {
    let best = || BestSoFar { training_job_name: "t".to_owned(), hyperparameters: [].into() };
    let job = TuningJob {
        arn: "arn".to_owned(),
        status,
        failure_reason: None,
        training_jobs: TrainingJobCounts::default(),
        best: has_best.then(best),
        overall_best: None,
        ended: None,
        lasted: None,
    };
    EndedJob { job, result: None }
}

#[test]
fn a_search_counts_only_for_jobs_that_ended_with_a_result() {
    let names = ["ms-1", "ms-2", "ms-3", "ms-4"];
    let mut snapshot = Snapshot::default();
    track(&mut snapshot, "a", &names, 0);
    snapshot.listed(at(1), listing(&names.map(|name| (name, running(0)))));
    let succeeded = ended(JobStatus::Completed, true);
    let found = [
        ("ms-1", succeeded.clone()),
        ("ms-2", ended(JobStatus::Completed, false)),
        ("ms-3", ended(JobStatus::Stopped, true)),
    ];
    let found: HashMap<_, _> = found.into_iter().map(|(name, job)| (name.to_owned(), job)).collect();
    assert_eq!(snapshot.searched(at(2), found), [owner("a")]);
    let expected = [
        ("ms-1", Sighting::Ended(Arc::new(succeeded))),
        ("ms-2", Sighting::Left(at(2))),
        ("ms-3", Sighting::Left(at(2))),
        ("ms-4", Sighting::Running(running(0))),
    ];
    let expected: HashMap<_, _> = expected.into_iter().map(|(name, seen)| (name.to_owned(), seen)).collect();
    assert_eq!(track(&mut snapshot, "a", &names, 3), expected);
    // A listing that lags behind does not reset it.
    snapshot.listed(at(4), listing(&names.map(|name| (name, running(0)))));
    assert!(matches!(track(&mut snapshot, "a", &names, 5)["ms-1"], Sighting::Ended(_)));
}

#[test]
fn jobs_that_left_a_listing_that_showed_them_are_searched_for() {
    let mut snapshot = Snapshot::default();
    track(&mut snapshot, "a", &["ms-1", "ms-2", "theirs"], 0);
    snapshot.listed(at(1), listing(&[("ms-1", running(0)), ("ms-2", running(0))]));
    snapshot.listed(at(2), listing(&[("ms-2", running(0))]));
    assert_eq!(snapshot.left_at(at(2)), ["ms-1"], "it never showed the one that is not ours");
    snapshot.listed(at(3), listing(&[("ms-2", running(0))]));
    assert_eq!(snapshot.left_at(at(3)), [""; 0], "once");
}

const MIN: Duration = Duration::from_secs(2);
const MAX: Duration = Duration::from_secs(600);
const PAUSES: Pauses = Pauses { min: MIN, max: MAX };

/// The next request, and after how many seconds it is due.
fn next(snapshot: &mut Snapshot) -> (i64, Request) {
    let from = snapshot.swept.unwrap();
    let (from, pause) = snapshot.next_sweep(PAUSES, true, from);
    let due = from + pause;
    (i64::try_from(pause.as_secs()).unwrap(), snapshot.next_request(MAX, due))
}

#[test]
fn unknown_jobs_are_listed_at_once_and_new_ones_when_they_may_have_ended() {
    let mut snapshot = Snapshot::default();
    track_since(&mut snapshot, "a", &["ms-1"], Since::Now, 0);
    let (pause, request) = next(&mut snapshot);
    assert!((5..=20).contains(&pause) && request == Request::List, "{pause}");
    track(&mut snapshot, "b", &["ms-2"], 10);
    assert_eq!(next(&mut snapshot), (2, Request::List));
    snapshot.listed(at(12), listing(&[("ms-1", running(0)), ("ms-2", running(0))]));
    assert!(next(&mut snapshot).0 >= 5);
}

#[test]
fn many_expected_ends_are_found_by_one_search_for_all_jobs() {
    let mut snapshot = Snapshot::default();
    let names: Vec<String> = (0..100).map(|n| format!("ms-{n:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    track_since(&mut snapshot, "a", &names, Since::Now, 0);
    let all: Vec<(&str, ActiveJob)> = names.iter().map(|name| (*name, running(0))).collect();
    snapshot.listed(at(7_000), listing(&all));
    assert_eq!(next(&mut snapshot).1, Request::List, "no job of theirs has ended yet");
    for length in [6_000, 6_500, 7_000, 8_000].repeat(10) {
        snapshot.learn(&owner("a"), "ms-of-before", Duration::from_secs(length), at(7_000));
    }
    track_since(&mut snapshot, "a", &[&names[..], &["ms-new"]].concat(), Since::Now, 7_000);
    let (pause, request) = next(&mut snapshot);
    let Request::Search(searched) = request else { panic!("{request:?}") };
    assert!(pause < 400 && searched.len() == 101, "{pause} {searched:?}");
    // Without the permission to search, everything is listed.
    assert!(snapshot.put_off_search(at(20_000), true));
    assert!(!snapshot.put_off_search(at(20_000), true), "logged once");
    assert_eq!(next(&mut snapshot).1, Request::List);
    assert_eq!(snapshot.left_at(at(7_000)), [""; 0]);
}

#[test]
fn listings_confirm_the_searches_periodically() {
    let mut snapshot = Snapshot::default();
    track_since(&mut snapshot, "a", &["ms-1", "ms-2", "ms-3"], Since::Now, 0);
    (0..3).for_each(|_| snapshot.learn(&owner("a"), "ms-3", Duration::from_secs(90_000), at(4_000)));
    snapshot.listed(at(3_900), listing(&["ms-1", "ms-2", "ms-3"].map(|name| (name, running(0)))));
    assert!(matches!(snapshot.next_request(MAX, at(4_600)), Request::Search(_)));
    assert_eq!(snapshot.next_request(MAX, at(3_900 + 3_600)), Request::List);
}

/// Running jobs, one of which an event has reported.
fn tracked(names: &[&str]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    track_since(&mut snapshot, "a", names, Since::Now, 0);
    assert_eq!(snapshot.on_event(names[0], Change::Other, at(1)), EventEffect::Nothing);
    snapshot.listed(at(2), listing(&names.iter().map(|name| (*name, running(0))).collect::<Vec<_>>()));
    snapshot
}

/// The number of seconds until the next poll.
fn pause(snapshot: &mut Snapshot, reading: bool, second: i64) -> i64 {
    let (from, pause) = snapshot.next_sweep(PAUSES, reading, at(second));
    (from + pause).duration_since(at(second)).as_secs()
}

#[test]
fn while_events_flow_a_sweep_comes_for_safety_only() {
    let mut snapshot = tracked(&["ms-1", "ms-2"]);
    assert_eq!((pause(&mut snapshot, true, 2), snapshot.flows()), (3_600, true));
    assert!(pause(&mut snapshot, false, 2) <= 600, "the queue cannot be read");
    // No event reports the jobs of other clients.
    track_since(&mut snapshot, "b", &["theirs"], Since::Now, 2);
    assert!(pause(&mut snapshot, true, 2) <= 600);
    // Nor a job that ended before it was tracked.
    track(&mut snapshot, "b", &["ms-3"], 2);
    assert_eq!(pause(&mut snapshot, true, 2), 2);
}

#[test]
fn a_job_that_is_being_stopped_is_polled_although_events_flow() {
    let mut snapshot = tracked(&["ms-1", "ms-2"]);
    assert_eq!((pause(&mut snapshot, true, 2), snapshot.flows()), (3_600, true));
    let jobs = ["ms-1", "ms-2"].map(|name| RunningJob { name, stopping: name == "ms-2", limit: None });
    snapshot.track(&owner("a"), &jobs, Since::Now, at(3));
    assert!(pause(&mut snapshot, true, 3) < 60 && snapshot.flows(), "the stop may have been lost");
}

#[test]
fn an_event_has_those_look_who_follow_the_job_and_only_once() {
    let mut snapshot = tracked(&["ms-1", "ms-2"]);
    track_since(&mut snapshot, "b", &["ms-2"], Since::Now, 2);
    assert_eq!(snapshot.on_event("ms-3", Change::Ended, at(3)), EventEffect::UnknownJob);
    assert_eq!(snapshot.on_event("ms-1", Change::Other, at(3)), EventEffect::Nothing);
    let EventEffect::Wake(owners) = snapshot.on_event("ms-2", Change::Ended, at(4)) else { panic!("not new") };
    assert_eq!(owners.len(), 2);
    assert_eq!(snapshot.on_event("ms-2", Change::Ended, at(5)), EventEffect::Nothing);
    assert_eq!(track(&mut snapshot, "a", &["ms-1", "ms-2"], 6)["ms-2"], Sighting::Left(at(4)));
    // A listing in progress does not include it yet.
    snapshot.listed(at(3), listing(&[("ms-1", running(0)), ("ms-2", running(0))]));
    assert_eq!(track(&mut snapshot, "a", &["ms-1", "ms-2"], 6)["ms-2"], Sighting::Left(at(4)));
    track(&mut snapshot, "a", &["ms-1"], 7);
    track(&mut snapshot, "b", &[], 7);
    assert_eq!((pause(&mut snapshot, true, 7), snapshot.flows()), (3_596, true), "its end was no surprise");
}

#[test]
fn an_end_that_was_none_is_looked_at_once_more_and_then_events_are_in_doubt() {
    let mut snapshot = tracked(&["ms-1"]);
    for second in 3_000..3_200 {
        snapshot.on_event("ms-1", Change::Ended, at(second));
    }
    snapshot.looked_at(&owner("a"), "ms-1");
    assert_eq!(pause(&mut snapshot, true, 3_000), 15);
    snapshot.listed(at(3_015), listing(&[("ms-1", running(0))]));
    assert!(pause(&mut snapshot, true, 3_015) <= 600 && !snapshot.flows());
    assert!(pause(&mut snapshot, true, 3_015 + 3_600) <= 600 && !snapshot.flows(), "time alone restores no trust");
    snapshot.on_event("ms-1", Change::Ended, at(7_000));
    assert!(pause(&mut snapshot, true, 7_000) <= 600 && snapshot.flows());
}

#[test]
fn a_listing_that_lags_behind_a_new_job_says_nothing_about_events() {
    for (second, expected) in [(130, true), (161, false)] {
        let mut snapshot = tracked(&["ms-1"]);
        assert_eq!((pause(&mut snapshot, true, 2), snapshot.flows()), (3_600, true));
        track_since(&mut snapshot, "b", &["ms-2"], Since::Now, 100);
        snapshot.listed(at(second), listing(&[("ms-1", running(0))]));
        assert_eq!(track(&mut snapshot, "b", &["ms-2"], second)["ms-2"], Sighting::Left(at(second)), "it is looked at");
        track(&mut snapshot, "b", &[], second);
        pause(&mut snapshot, true, second);
        assert_eq!(snapshot.flows(), expected, "{second}");
    }
}

#[test]
fn an_end_without_an_event_brings_the_sweeps_back() {
    let mut snapshot = tracked(&["ms-1", "ms-2", "theirs"]);
    snapshot.listed(at(10), listing(&[("ms-1", running(0)), ("ms-2", running(0))]));
    track(&mut snapshot, "a", &["ms-1", "ms-2"], 10);
    assert_eq!((pause(&mut snapshot, true, 10), snapshot.flows()), (3_600, true), "what others made has no events");
    snapshot.listed(at(20), listing(&[("ms-1", running(0))]));
    track(&mut snapshot, "a", &["ms-1"], 20);
    assert!(pause(&mut snapshot, true, 20) <= 600 && !snapshot.flows());
    // The event was only late.
    assert_eq!(snapshot.on_event("ms-2", Change::Ended, at(21)), EventEffect::Nothing);
    assert_eq!((pause(&mut snapshot, true, 21), snapshot.flows()), (3_599, true));
}

#[test]
fn a_snapshot_that_was_left_to_events_is_not_stale_at_once_when_they_stop() {
    let mut snapshot = tracked(&["ms-1"]);
    pause(&mut snapshot, true, 2);
    pause(&mut snapshot, false, 3_000);
    let message = "connection refused".to_owned();
    let away = TuningError { class: Class::Transient, operation: "List", code: None, message };
    assert_eq!(snapshot.listed(at(3_001), Err(away)), []);
    assert_eq!(snapshot.problem(), None);
}
