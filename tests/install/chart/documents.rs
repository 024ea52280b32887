//! Consistency between the chart, the overlays and the documentation.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::helm::{CHART, Helm};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[test]
fn the_copies_are_copies() {
    for (source, copy) in [
        ("crds/modelselections.yaml", "charts/modelselection-operator/files/modelselections.yaml"),
        ("deploy/components/monitoring/alerts.yaml", "charts/modelselection-operator/files/alerts.yaml"),
        ("deploy/components/monitoring/dashboard.json", "charts/modelselection-operator/files/dashboard.json"),
        ("examples/minimal.yaml", "charts/modelselection-operator/files/sample.yaml"),
        ("crds/modelselections.yaml", "deploy/crds/modelselections.yaml"),
        ("crds/kustomization.yaml", "deploy/crds/kustomization.yaml"),
    ] {
        assert_eq!(read(source), read(copy), "{copy}; run `make generate`");
    }
}

#[test]
fn one_version_everywhere() {
    let version = env!("CARGO_PKG_VERSION");
    let chart = yaml("charts/modelselection-operator/Chart.yaml");
    assert_eq!((&chart["version"], &chart["appVersion"]), (&version.into(), &version.into()));
    for file in ["deploy/base/deployment.yaml", "deploy/components/emulator/deployment.yaml"] {
        let image = format!("image: ghcr.io/modelselection/modelselection-operator:{version}\n");
        assert!(read(file).contains(&image), "{file} does not have {image}");
    }
}

#[test]
fn annotations_for_chart_catalogues_are_correct() {
    let chart = yaml("charts/modelselection-operator/Chart.yaml");
    let annotation = |name: &str| -> Value {
        let text =
            chart["annotations"][format!("artifacthub.io/{name}")].as_str().unwrap_or_else(|| panic!("no {name}"));
        serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{name}: {e}"))
    };
    assert_eq!(annotation("crdsExamples"), json!([yaml("examples/minimal.yaml")]));
    let crd = yaml("crds/modelselections.yaml");
    let described = &annotation("crds")[0];
    assert_eq!(described["name"], crd["metadata"]["name"]);
    assert_eq!(described["version"], crd["spec"]["versions"][0]["name"]);
    let image = annotation("images")[0]["image"].clone();
    let rendered = Helm::Four.template(CHART, "").unwrap();
    assert_eq!(image, rendered.the("Deployment")["spec"]["template"]["spec"]["containers"][0]["image"]);
    let changes = annotation("changes");
    let kinds = ["added", "changed", "deprecated", "removed", "fixed", "security"];
    let known = |change: &Value| change["kind"].as_str().is_some_and(|kind| kinds.contains(&kind));
    assert!(changes.as_array().is_some_and(|changes| !changes.is_empty() && changes.iter().all(known)), "{changes}");
    // Links into this repository point to files that exist.
    let of_links = annotation("links");
    let links = of_links.as_array().unwrap().iter().map(|link| &link["url"]).chain([&chart["icon"]]);
    for link in links.map(|link| link.as_str().unwrap()) {
        let (_, path) = link.split_once("/main/").unwrap_or_else(|| panic!("{link}"));
        assert!(!read(path).is_empty(), "{link}");
    }
    // The output of Helm is generated from the values.
    for helm in Helm::ALL {
        let shown = helm.run(&["show", "readme", CHART], "", None).unwrap();
        assert!(shown.contains("helm test modelselection-operator"), "{helm:?}: {shown}");
        let rows = |text: &str| text.lines().filter(|line| line.starts_with("| ")).count();
        assert_eq!(rows(&shown), rows(&read("docs/reference/values.md")), "{helm:?}; run `make generate`");
    }
}

/// Names of the values, with dots: maps that have a comment of their own count as values.
fn values(value: &Value, path: &str, documented: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    match value.as_object().filter(|_| !documented.contains(path)) {
        Some(fields) => fields.iter().for_each(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            values(value, &path, documented, found);
        }),
        None => drop(found.insert(path.to_owned())),
    }
}

#[test]
fn each_value_is_documented_and_bound_by_the_schema() {
    let reference = read("docs/reference/values.md");
    let rows = reference.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let mut documented = BTreeSet::new();
    for (name, rest) in rows {
        let meaning = rest.rsplit_once("` | ").map_or("", |(_, meaning)| meaning.trim_end_matches(" |"));
        assert!(meaning.len() > 10, "{name} has no comment");
        assert!(documented.insert(name.to_owned()), "{name} is duplicated");
    }
    let mut found = BTreeSet::new();
    values(&yaml("charts/modelselection-operator/values.yaml"), "", &documented, &mut found);
    assert_eq!(documented, found, "run `make generate`");

    let schema: Value = serde_json::from_str(&read("charts/modelselection-operator/values.schema.json")).unwrap();
    let mut bound = BTreeSet::new();
    let mut bind = |name: String, property: &Value| {
        let described = property["description"].as_str().map(|meaning| meaning.replace('|', "\\|"));
        let meaning = described.unwrap_or_else(|| panic!("{name} has no description; run `make generate`"));
        assert!(reference.contains(&format!(" | {meaning} |\n")), "{name}; run `make generate`");
        bound.insert(name);
    };
    for (name, property) in schema["properties"].as_object().unwrap() {
        match property["properties"].as_object().filter(|_| !documented.contains(name)) {
            Some(inner) => inner.iter().for_each(|(inner, property)| bind(format!("{name}.{inner}"), property)),
            None => bind(name.clone(), property),
        }
    }
    assert_eq!(documented, bound);
}

/// The names of metrics in an expression; those of histogram series without their suffix.
fn metrics(expression: &str) -> impl Iterator<Item = &str> {
    expression
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| {
            ["modelselection_", "controller_runtime_", "leader_election_"].iter().any(|p| word.starts_with(p))
        })
        .map(|word| word.strip_suffix("_bucket").unwrap_or(word))
}

#[test]
fn alerts_and_dashboard_use_existing_metrics() {
    let documentation = read("docs/reference/metrics.md");
    let known = |metric: &str| documentation.contains(&format!("| `{metric}` |"));
    let rules = yaml("deploy/components/monitoring/alerts.yaml");
    let alerts = rules["spec"]["groups"][0]["rules"].as_array().unwrap();
    for alert in alerts {
        let text = |pointer: &str| alert.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let name = text("/alert");
        assert!(name.starts_with("ModelSelection"), "{name}");
        assert!(metrics(text("/expr")).count() > 0, "{name}");
        assert!(metrics(text("/expr")).all(known), "{name}: {}", text("/expr"));
        assert!(["info", "warning", "critical"].contains(&text("/labels/severity")), "{name}");
        assert!(!text("/annotations/summary").is_empty() && !text("/annotations/description").is_empty(), "{name}");
        assert!(text("/annotations/runbook_url").ends_with(&format!("/docs/runbooks/{name}.md")), "{name}");
        let runbook = read(&format!("docs/runbooks/{name}.md"));
        for section in ["## Impact", "## Diagnosis", "## Remedy"] {
            assert!(runbook.contains(&format!("\n{section}\n")), "{name} has no {section}");
        }
    }
    let dashboard: Value = serde_json::from_str(&read("deploy/components/monitoring/dashboard.json")).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            assert!(metrics(expression).count() > 0 && metrics(expression).all(known), "{expression}");
        }
    }
}

#[test]
fn the_package_contains_only_files_of_the_chart() {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(CHART).to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    let size: u64 = files.iter().map(|file| file.metadata().unwrap().len()).sum();
    // Helm stores a release, including the packed chart, in a Secret: at most a megabyte.
    assert!(size < 512 * 1024, "{size} bytes in {files:?}");
}
