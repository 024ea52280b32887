use api::{ModelSelection, Reason, RunState};
use kube::Resource as _;
use serde_json::{Value, json};

use crate::{StoredSelection, Unreadable, Watched};

fn manifest() -> Value {
    let run = |candidate: &str, state: &str, reason: Option<&str>| {
        let mut run = json!({
            "candidate": candidate, "dataset": "flowers", "state": state, "attempt": 1, "definition": "0f",
            "best": {
                "trainingJobName": "ms-a-001", "trainingJobARN": "arn", "objectiveValue": "0.9",
                "metrics": [{"name": "accuracy", "value": "0.9"}, {"name": "throughput", "value": "1e-7"}],
                "hyperparameters": {"epochs": "5"},
            },
        });
        if let Some(reason) = reason {
            run["reason"] = reason.into();
        }
        run
    };
    json!({
        "apiVersion": "modelselection.dev/v1alpha1",
        "kind": "ModelSelection",
        "metadata": {"name": "a", "namespace": "ns", "uid": "1", "generation": 3},
        "spec": {
            "executionRoleARN": "arn:aws:iam::111122223333:role/r",
            "objectives": [{"metric": "accuracy", "goal": "Maximize"}],
            "datasets": [],
            "tuning": {"objective": {"metric": "accuracy", "goal": "Maximize"}},
            "training": {"instanceType": "ml.p3.2xlarge", "outputS3URI": "s3://bucket/out/"},
        },
        "status": {
            "completionTime": "2026-01-01T00:00:00Z",
            "counts": {"total": 3, "waiting": 0, "running": 0, "succeeded": 2, "failed": 1, "stopped": 0},
            "fronts": [{
                "dataset": "flowers", "omittedMembers": 2,
                "members": [{"candidate": "a", "values": ["0.9"]}, {"candidate": "c", "values": ["0.9"]}],
                "recommendation": {"candidate": "a", "rule": "Knee", "message": "why"},
            }],
            "runs": [
                run("a", "Succeeded", None), run("b", "Failed", Some("TuningJobFailed")), run("c", "Succeeded", None),
            ],
        },
    })
}

fn read(manifest: &Value) -> ModelSelection {
    serde_json::from_value(manifest.clone()).unwrap()
}

#[test]
fn a_complete_selection_is_compressed_and_comes_back_whole() {
    let selection = read(&manifest());
    let stored = StoredSelection::from(selection.clone());
    assert!(stored.if_incomplete().is_none());
    let whole = stored.selection();
    assert_eq!((&whole.metadata, &whole.status), (&selection.metadata, &selection.status));
    assert_eq!(serde_json::to_value(&whole.spec).unwrap(), serde_json::to_value(&selection.spec).unwrap());
    assert_eq!(stored.meta().generation, Some(3));
    let outline = stored.outline().unwrap();
    assert_eq!(outline.counts, selection.status.as_ref().unwrap().counts);
    let front = &outline.fronts[0];
    let recommended = front.recommendation.as_ref().unwrap().candidate.as_deref();
    assert_eq!((front.members.len(), front.omitted_members, recommended), (0, 4, Some("a")));
    let numbers = [((RunState::Succeeded, None), 2), ((RunState::Failed, Some(Reason::TuningJobFailed)), 1)];
    assert_eq!(*stored.numbers_of_runs(), numbers);
}

#[test]
fn a_selection_that_is_not_complete_is_kept_as_it_is() {
    let mut selection = read(&manifest());
    selection.status.as_mut().unwrap().completion_time = None;
    let stored = StoredSelection::from(selection.clone());
    assert_eq!(stored.selection().status, selection.status);
    assert_eq!(stored.numbers_of_runs().iter().map(|(_, number)| number).sum::<i64>(), 3);
    let new = ModelSelection { status: None, ..selection };
    assert_eq!(*StoredSelection::from(new).numbers_of_runs(), []);
}

#[test]
fn an_object_that_cannot_be_read_tells_its_name_and_why() {
    let text = manifest().to_string();
    let watched: Watched = serde_json::from_str(&text).unwrap();
    assert_eq!(watched.read().unwrap().status, read(&manifest()).status);
    for (from, to, error) in [
        ("\"Failed\"", "\"Paused\"", "status: unknown variant `Paused`"),
        ("\"Maximize\"", "\"Balance\"", "spec: unknown variant `Balance`"),
    ] {
        let watched: Watched = serde_json::from_str(&text.replace(from, to)).unwrap();
        let Unreadable { metadata, error: why, spec, status } = *watched.read().unwrap_err();
        assert_eq!(
            (&spec["training"]["instanceType"], &status["counts"]["total"]),
            (&json!("ml.p3.2xlarge"), &json!(3))
        );
        assert_eq!((metadata.name.as_deref(), metadata.generation), (Some("a"), Some(3)));
        assert!(why.starts_with(error) && !why.contains("line"), "{why}");
    }
}

/// As the API server sends them.
#[test]
fn lists_and_events_are_read_object_by_object() {
    let unreadable = manifest().to_string().replace("\"Failed\"", "\"Paused\"");
    let list = format!(
        r#"{{"apiVersion":"modelselection.dev/v1alpha1","kind":"ModelSelectionList","metadata":{{"resourceVersion":"7"}},
            "items":[{},{unreadable}]}}"#,
        manifest()
    );
    let list: kube::core::ObjectList<Watched> = serde_json::from_str(&list).unwrap();
    assert_eq!(list.items.into_iter().map(|one| one.read().is_ok()).collect::<Vec<_>>(), [true, false]);
    let event = format!(r#"{{"type":"MODIFIED","object":{unreadable}}}"#);
    let event: kube::core::WatchEvent<Watched> = serde_json::from_str(&event).unwrap();
    assert!(matches!(event, kube::core::WatchEvent::Modified(watched) if watched.metadata.uid.as_deref() == Some("1")));
}
