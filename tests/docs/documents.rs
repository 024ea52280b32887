//! The pages: links resolve, fragments of manifests have fields that exist, each reason has its remedy.
#![allow(clippy::unwrap_used)] // a test may panic

use std::path::{Path, PathBuf};

use api::Reason;
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Number of rows of the table "What each part guarantees" in docs/compatibility.md, so that none is dropped by
/// accident.
const ROWS: usize = 28;

/// All pages of the repository.
fn pages() -> Vec<(PathBuf, String)> {
    let mut folders = vec![PathBuf::from(ROOT).join("docs"), PathBuf::from(ROOT).join("examples")];
    let top = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"];
    let mut files: Vec<PathBuf> = top.iter().map(|name| Path::new(ROOT).join(name)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                files.push(path);
            }
        }
    }
    files.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

/// The anchor that GitHub generates for a heading.
fn anchor(heading: &str) -> String {
    let lower = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = lower.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The text outside of fenced blocks.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

#[test]
fn links_resolve() {
    let mut dead = Vec::new();
    let pages = pages();
    for (path, text) in &pages {
        for link in
            prose(text).split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(link, _)| link.to_owned()))
        {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, fragment) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let known = target.exists()
                && (fragment.is_empty() || {
                    let text = std::fs::read_to_string(&target).unwrap_or_default();
                    text.lines().any(|line| line.starts_with('#') && anchor(line) == fragment)
                });
            if !known {
                dead.push(format!("{}: {link}", path.strip_prefix(ROOT).unwrap().display()));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

/// The fields of `value` that `schema` does not have.
fn unknown(schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) if schema["properties"].is_object() => {
            for (name, field) in fields {
                match schema["properties"].get(name) {
                    Some(schema) => unknown(schema, field, &format!("{path}.{name}"), found),
                    None => found.push(format!("{path}.{name}")),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| unknown(&schema["items"], item, path, found)),
        _ => {}
    }
}

#[test]
fn fragments_of_manifests_have_fields_that_exist() {
    let crd = serde_json::to_value(api::crd()).unwrap();
    let root = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (path, text) in pages().iter().filter(|(path, _)| path.to_string_lossy().contains("/how-to/")) {
        for block in text.split("```yaml\n").skip(1).map(|rest| &rest[..rest.find("```").unwrap()]) {
            let value: Value =
                serde_saphyr::from_str(block).unwrap_or_else(|e| panic!("{}: {e}\n{block}", path.display()));
            let schema = if value.get("spec").is_some() { root } else { &root["properties"]["spec"] };
            let mut found = Vec::new();
            unknown(schema, &value, "", &mut found);
            wrong.extend(found.iter().map(|field| format!("{}: {field}", path.display())));
            seen += 1;
        }
    }
    assert!(seen > 5);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_reason_and_event_has_its_remedy() {
    let page = include_str!("../../docs/troubleshooting.md");
    let listed: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .flat_map(|names| names.split(", "))
        .collect();
    let schema = serde_json::to_value(schemars::schema_for!(Reason)).unwrap();
    let reasons: Vec<&str> =
        schema["oneOf"].as_array().unwrap().iter().filter_map(|variant| variant["const"].as_str()).collect();
    assert!(reasons.len() > 30, "{schema}");
    let missing: Vec<&&str> = reasons.iter().filter(|reason| !listed.contains(*reason)).collect();
    assert!(missing.is_empty(), "docs/troubleshooting.md has no row for {missing:?}");

    // Events have reasons of conditions, or ones that are string literals in the code.
    let reference = include_str!("../../docs/reference/reasons.md");
    let mut files = vec![PathBuf::from(ROOT).join("src/controller"), PathBuf::from(ROOT).join("crates/decide/src")];
    let mut events = 0;
    while let Some(path) = files.pop() {
        if path.ends_with("tests") || path.ends_with("tests.rs") {
            continue; // not Events of the operator
        }
        if path.is_dir() {
            files.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let code = std::fs::read_to_string(&path).unwrap();
        for event in code.split("reason: \"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(reference.contains(&format!("| {event} |")), "docs/reference/reasons.md has no Event {event}");
            assert!(page.contains(event), "docs/troubleshooting.md does not name the Event {event}");
            events += 1;
        }
    }
    assert!(events > 2, "{events} Events in the code");
}

/// Messages of rules are enclosed in double backticks, because they contain backticks themselves.
#[test]
fn each_rule_message_on_the_page_exists() {
    let schema = serde_json::to_value(api::crd()).unwrap().to_string();
    let page = include_str!("../../docs/troubleshooting.md");
    let quoted: Vec<&str> = page.split("``").skip(1).step_by(2).map(str::trim).collect();
    let messages: Vec<&&str> = quoted.iter().filter(|text| text.contains(" must ")).collect();
    assert!(messages.len() >= 4, "{quoted:?}");
    for message in messages {
        assert!(schema.contains(*message), "no rule says: {message}");
    }
}

/// The cells of the rows of a table, starting at its header line.
fn table<'p>(page: &'p str, heading: &str) -> Vec<Vec<&'p str>> {
    let cells = |line: &'p str| line.trim_matches('|').split('|').map(str::trim).collect();
    let rows = page.lines().skip_while(|line| *line != heading).skip(2).take_while(|line| line.starts_with("| "));
    rows.map(cells).collect()
}

#[test]
fn the_compatibility_page_counts_right_and_names_tests_that_exist() {
    let page = include_str!("../../docs/compatibility.md");
    let rows = table(page, "| part | status | tested by | remarks |");
    assert_eq!(rows.len(), ROWS);
    for row in &rows {
        let [part, status, tested_by, remarks] = row[..] else { panic!("no row of four cells: {row:?}") };
        match status {
            "tested" => {
                let test = tested_by.trim_matches('`');
                assert!(test.starts_with("tests/") && Path::new(ROOT).join(test).is_file(), "{part}: {tested_by}");
            }
            "not tested" | "not supported" => assert!(tested_by.is_empty() && !remarks.is_empty(), "{part}: why?"),
            _ => panic!("{part} is '{status}'"),
        }
    }
    let count = |wanted: &str| rows.iter().filter(|row| row[1] == wanted).count();
    let (tested, not_tested, not_supported) = (count("tested"), count("not tested"), count("not supported"));
    let sum = format!("\nTested: {tested}. Not tested: {not_tested}. Not supported: {not_supported}.\n");
    assert!(page.contains(&sum), "docs/compatibility.md should say: {sum}");
    let places = page.split('`').skip(1).step_by(2).filter(|text| !text.contains(['*', ' ', '<']));
    let roots = ["tests/", "docs/", "deploy/", "crds/", ".github/"];
    for place in places.filter(|text| roots.iter().any(|root| text.starts_with(root))) {
        assert!(Path::new(ROOT).join(place).exists(), "docs/compatibility.md names {place}");
    }
}

/// The versions that the pages call tested are the ones that `go.mod` pins for the tests.
#[test]
fn the_compatibility_pages_name_the_versions_that_the_tests_use() {
    let pinned = |tool: &str, module: &str| -> String {
        let path = Path::new(ROOT).join("tests").join(tool).join("go.mod");
        let text = std::fs::read_to_string(path).unwrap();
        let version = text.lines().find_map(|line| {
            line.trim().trim_start_matches("require ").strip_prefix(module)?.strip_prefix(" v")?.split(' ').next()
        });
        version.unwrap_or_else(|| panic!("{tool} does not pin {module}")).to_owned()
    };
    let versions = [
        pinned("control-plane/kubernetes-1.37", "k8s.io/kubernetes"),
        pinned("control-plane/kubernetes-1.33", "k8s.io/kubernetes"),
        pinned("tools/helm-3", "helm.sh/helm/v3"),
        pinned("tools/helm-4", "helm.sh/helm/v4"),
        pinned("tools/kustomize-controller", "github.com/fluxcd/kustomize-controller"),
        pinned("tools/argo-cd", "github.com/argoproj/argo-cd/v3"),
    ];
    let pages = [
        ("README.md", include_str!("../../README.md"), "| | supported | tested by |"),
        ("docs/compatibility.md", include_str!("../../docs/compatibility.md"), "| component | supported | tested |"),
    ];
    for (name, page, heading) in pages {
        let tested: String = table(page, heading).iter().map(|row| row[2]).collect::<Vec<_>>().join(" ");
        for version in &versions {
            assert!(tested.contains(version.as_str()), "{name} does not say that {version} is tested: {tested}");
        }
    }
}

/// `([0-9.]+)` would read 5.3e-05 as 5.3.
#[test]
fn each_regex_on_the_pages_matches_an_exponent() {
    let mut files: Vec<PathBuf> = pages().into_iter().map(|(path, _)| path).collect();
    files.extend(std::fs::read_dir(Path::new(ROOT).join("examples")).unwrap().map(|entry| entry.unwrap().path()));
    let mut shown = 0;
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        for regex in text.split("regex: \"").skip(1).filter_map(|rest| rest.split_once('"').map(|(regex, _)| regex)) {
            shown += 1;
            assert!(!regex.contains("([0-9.]+)"), "{}: {regex}", path.display());
        }
    }
    assert!(shown > 10, "{shown}");
}

#[test]
fn the_emulators_page_has_all_its_flags() {
    let reference = include_str!("../../docs/reference/flags.md");
    let page = include_str!("../../docs/emulator.md");
    let (_, flags) = reference.split_once("## sagemaker-emulator").unwrap();
    let flags: Vec<&str> = flags.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert!(flags.len() > 10);
    let missing: Vec<&&str> = flags.iter().filter(|flag| !page.contains(&format!("| `{flag}"))).collect();
    assert!(missing.is_empty(), "docs/emulator.md has no row for {missing:?}");
}
