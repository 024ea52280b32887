//! When the alerts fire, told by Prometheus' own tool.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::run_folder::run_folder;
use crate::support::tool;

#[test]
#[ignore = "building promtool takes 4 minutes, once: `make alerts`"]
fn alerts_fire_when_something_is_wrong_and_not_before() {
    let rule: Value = serde_saphyr::from_str(include_str!("../../deploy/components/monitoring/alerts.yaml")).unwrap();
    let folder = run_folder().join("alerts");
    std::fs::create_dir_all(&folder).unwrap();
    // JSON is YAML too; promtool wants the groups without the object around them.
    std::fs::write(folder.join("alerts.json"), rule["spec"].to_string()).unwrap();
    std::fs::write(folder.join("tests.yaml"), include_str!("alerts.yaml")).unwrap();
    for arguments in
        [&["check", "rules", "--lint=all", "--lint-fatal", "alerts.json"][..], &["test", "rules", "tests.yaml"]]
    {
        let output = Command::new(tool("promtool")).args(arguments).current_dir(&folder).stdin(Stdio::null()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
}
