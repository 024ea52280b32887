//! Pages that list everything of a kind are complete, and list nothing that does not exist.
#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeSet;
use std::path::Path;

use api::Reason;
use serde_json::Value;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The words of an enum, from its schema: each variant is a constant there, and several without comments are a list.
fn words(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            found.extend(fields.get("const").and_then(Value::as_str).map(str::to_owned));
            let listed = fields.get("enum").and_then(Value::as_array).into_iter().flatten();
            found.extend(listed.filter_map(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| words(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| words(item, found)),
        _ => {}
    }
}

#[test]
fn every_reason_has_its_remedy() {
    let mut reasons = BTreeSet::new();
    words(&serde_json::to_value(schemars::schema_for!(Reason)).unwrap(), &mut reasons);
    assert!(reasons.len() > 30 && reasons.contains("EULANotAccepted"), "{reasons:?}");
    let page = read("docs/troubleshooting.md");
    let table = page.lines().skip_while(|line| *line != "| reason | where | what it means | what to do |").skip(2);
    let listed: BTreeSet<String> = table
        .map_while(|row| row.strip_prefix("| ")?.split_once(" | "))
        // A reason that only Events have is not a reason of the API.
        .filter(|(_, rest)| !rest.starts_with("Event"))
        .flat_map(|(reasons, _)| reasons.split(", ").map(str::to_owned))
        .collect();
    assert_eq!(listed, reasons);
}

#[test]
fn the_metrics_of_each_algorithm_are_listed() {
    let page = read("docs/reference/algorithm-metrics.md");
    for algorithm in &decide::algorithms::ALGORITHMS {
        let listed = algorithm.metrics.iter().map(|metric| format!("`{metric}`")).collect::<Vec<_>>().join(", ");
        let listed = if listed.is_empty() { "none to tune by".to_owned() } else { listed };
        let row = format!("| `{}` | {listed} |", algorithm.repository);
        assert!(page.lines().any(|line| line == row), "{row}");
    }
}

#[test]
fn every_runbook_belongs_to_an_alert() {
    let rules: Value = serde_saphyr::from_str(&read("deploy/components/monitoring/alerts.yaml")).unwrap();
    let alerts: BTreeSet<String> = rules["spec"]["groups"][0]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| format!("{}.md", rule["alert"].as_str().unwrap()))
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/runbooks");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let runbooks: BTreeSet<String> = files.filter(|file| file != "README.md").collect();
    assert_eq!(runbooks, alerts);
    let overview = read("docs/runbooks/README.md");
    assert!(alerts.iter().all(|alert| overview.contains(&format!("]({alert})"))), "the overview leaves one out");
}
