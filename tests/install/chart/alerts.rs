//! When the alerts fire, tested with Prometheus' own tool.

use std::process::{Command, Stdio};

use serde_json::Value;

use testkit::run_folder::run_folder;
use testkit::tool;

const TESTS: &str = include_str!("alerts.yaml");

fn rule() -> Value {
    serde_saphyr::from_str(include_str!("../../../deploy/components/monitoring/alerts.yaml")).unwrap()
}

#[test]
fn each_alert_is_tested_before_and_after_its_time() {
    let tests: Value = serde_saphyr::from_str(TESTS).unwrap();
    let tests = tests["tests"].as_array().unwrap();
    for alert in rule()["spec"]["groups"][0]["rules"].as_array().unwrap() {
        let of_it = |test: &&Value| test["alertname"] == alert["alert"];
        let mut pairs = tests.iter().map(|test| test["alert_rule_test"].as_array().unwrap().iter().filter(of_it));
        let fires = |test: &Value| test["exp_alerts"].is_array();
        let both =
            pairs.any(|mut tests| tests.next().is_some_and(|before| !fires(before)) && tests.next().is_some_and(fires));
        assert!(both, "{} is not seen to fire", alert["alert"]);
    }
}

#[test]
fn alerts_fire_when_something_is_wrong_and_not_before() {
    let folder = run_folder().join("alerts");
    std::fs::create_dir_all(&folder).unwrap();
    // JSON is also YAML; promtool expects the groups without the enclosing object.
    std::fs::write(folder.join("alerts.json"), rule()["spec"].to_string()).unwrap();
    std::fs::write(folder.join("tests.yaml"), TESTS).unwrap();
    for arguments in
        [&["check", "rules", "--lint=all", "--lint-fatal", "alerts.json"][..], &["test", "rules", "tests.yaml"]]
    {
        let output = Command::new(tool("promtool")).args(arguments).current_dir(&folder).stdin(Stdio::null()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
}
