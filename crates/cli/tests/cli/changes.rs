//! `suspend`, `resume`, `rerun`, `stop`: what they change, and that `--dry-run` changes nothing.

use super::Place;
use samples::results::running;

#[tokio::test]
async fn a_dry_run_changes_nothing_and_says_what_would_follow() {
    let place = Place::new("dry").await;
    place.put("caltech256", &running()).await;
    for (verb, expected) in [
        ("suspend", "suspended (server dry run): 1 running tuning job left to end"),
        ("stop", "suspended (server dry run): 1 running tuning job stopped"),
        ("rerun", "to be run again (server dry run): 1 run again"),
    ] {
        let shown = place.shows(&[verb, "--dry-run"]);
        assert!(shown.contains(expected), "{shown}");
    }
    let selection = place.api().get("caltech256").await.unwrap();
    assert_eq!(selection.metadata.generation, Some(1));
}

#[tokio::test]
async fn each_verb_changes_its_field() {
    let place = Place::new("change").await;
    place.put("caltech256", &running()).await;
    place.shows(&["stop"]);
    let spec = place.api().get("caltech256").await.unwrap().spec;
    assert_eq!((spec.suspend, spec.suspend_policy), (true, api::SuspendPolicy::Stop));
    place.shows(&["resume"]);
    assert!(!place.api().get("caltech256").await.unwrap().spec.suspend);
    assert!(place.shows(&["resume"]).contains("resumed already"));
    place.shows(&["suspend"]);
    let spec = place.api().get("caltech256").await.unwrap().spec;
    assert_eq!((spec.suspend, spec.suspend_policy), (true, api::SuspendPolicy::Drain));
    place.shows(&["rerun", "--token", "again"]);
    assert_eq!(place.api().get("caltech256").await.unwrap().spec.rerun, "again");
    let twice = place.run(&["rerun", "--token", "again"]);
    assert!(twice.code == 1 && twice.err.contains("choose another --token"), "{twice:?}");
}
