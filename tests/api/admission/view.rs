//! The output of `kubectl`.

use std::time::Duration;

use serde_json::json;

use super::status::write_status;
use super::{jumpstart, kubectl, merged, plane, selections, try_kubectl};
use testkit::{apply_yaml, await_until};

#[tokio::test]
async fn kubectl_explains_every_level() {
    let (plane, _, _) = plane("explain").await;
    // The API server publishes the schema some time after the kind is served.
    let published = async || try_kubectl(plane, &["explain", "modelselection"]);
    await_until("kubectl explains the kind", Duration::from_secs(60), published).await;
    for (path, texts) in [
        (
            "modelselection",
            &["compares machine-learning models", "spec\t<Object> -required-", "status\t<Object>"] as &[&str],
        ),
        (
            "modelselection.spec.tuning.parameterRanges",
            &[
                "parameterRanges are the hyperparameters to search",
                "continuous\t<Object>",
                "continuous searches real numbers from min to max. Default: none.",
                "name\t<string> -required-",
            ],
        ),
        (
            "msel.spec.training.instanceType",
            &["instanceType of the training instances, such as 'ml.p3.2xlarge'. Required."],
        ),
        ("msel.status.runs.reason", &["reason says in one word", "Progressing"]),
    ] {
        // kubectl wraps lines at the width of the terminal, so any whitespace is treated as one space.
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown = flat(&kubectl(plane, &["explain", path]));
        for text in texts {
            assert!(shown.contains(&flat(text)), "{path} lacks '{text}': {shown}");
        }
    }
}

/// A table of kubectl without the age, which differs between runs.
fn steady(table: &str) -> String {
    let Some(column) = table.lines().next().and_then(|header| header.find(" AGE")) else { return table.to_owned() };
    let lines = table.lines().map(|line| {
        let (before, after) = line.split_at(column + 1);
        let age = after.split(' ').next().unwrap_or_default();
        let steady = if age == "AGE" { "AGE" } else { "1s " };
        format!("{before}{steady}{}", after.get(3..).unwrap_or_default()).trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn kubectl_get_fits_the_screen() {
    let (plane, client, namespace) = plane("view").await;
    let api = selections(&client, &namespace);
    let condition = |type_: &str, status: &str, reason: &str, message: &str| {
        json!({"type": type_, "status": status, "reason": reason, "message": message,
               "observedGeneration": 1, "lastTransitionTime": "2026-11-24T12:00:00Z"})
    };
    for (name, status) in [
        (
            "caltech256",
            json!({
                "observedGeneration": 1,
                "conditions": [condition("Ready", "True", "Completed", "21 of 21 runs succeeded"), condition("Succeeded", "True", "Completed", "21 of 21 runs succeeded")],
                "progress": "21/21", "recommended": "efficien..-ft1k-b0", "frontSizes": "20",
                "counts": {"total": 21, "waiting": 0, "running": 0, "succeeded": 21, "failed": 0, "stopped": 0},
            }),
        ),
        (
            "flowers",
            json!({
                "observedGeneration": 1,
                "conditions": [condition("Ready", "True", "TuningRunning", "8 tuning jobs run, 9 of 21 runs have ended")],
                "progress": "9/21, 2 failed", "recommended": "mob..160,eff..-b5", "frontSizes": "4,2",
                "counts": {"total": 21, "waiting": 4, "running": 8, "succeeded": 7, "failed": 2, "stopped": 0},
            }),
        ),
        ("new", json!(null)),
    ] {
        let object = merged(jumpstart(), json!({"metadata": {"name": name, "namespace": namespace}}));
        apply_yaml(&client, &object.to_string()).await.unwrap();
        if !status.is_null() {
            write_status(&api, &object, &status).await.unwrap();
        }
    }
    let narrow = steady(&kubectl(plane, &["get", "msel", "-n", &namespace]));
    assert!(narrow.lines().all(|line| line.len() <= 80), "{narrow}");
    insta::assert_snapshot!(narrow);
    insta::assert_snapshot!(steady(&kubectl(plane, &["get", "modelselections", "-n", &namespace, "-o", "wide"])));
}
