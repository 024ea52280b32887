//! The pages: links lead somewhere, pieces of manifests have fields that exist, each reason has its cure.
#![allow(clippy::unwrap_used)] // a test may panic

use std::path::{Path, PathBuf};

use api::Reason;
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

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

/// What GitHub makes of a heading.
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
fn links_lead_somewhere() {
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
fn pieces_of_manifests_have_fields_that_exist() {
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
fn each_reason_and_event_has_its_cure() {
    let page = include_str!("../../docs/troubleshooting.md");
    let told: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .flat_map(|names| names.split(", "))
        .collect();
    let schema = serde_json::to_value(schemars::schema_for!(Reason)).unwrap();
    let reasons: Vec<&str> =
        schema["oneOf"].as_array().unwrap().iter().filter_map(|variant| variant["const"].as_str()).collect();
    assert!(reasons.len() > 30, "{schema}");
    let missing: Vec<&&str> = reasons.iter().filter(|reason| !told.contains(*reason)).collect();
    assert!(missing.is_empty(), "docs/troubleshooting.md has no row for {missing:?}");

    // Events have reasons of conditions, or those that stand in the code as text.
    let reference = include_str!("../../docs/reference/reasons.md");
    let mut files = vec![PathBuf::from(ROOT).join("src/controller"), PathBuf::from(ROOT).join("src/decide")];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let code = std::fs::read_to_string(&path).unwrap();
        if path.ends_with("kstatus.rs") {
            continue; // rules and their tests, no Events
        }
        for event in code.split("reason: \"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(reference.contains(&format!("| {event} |")), "docs/reference/reasons.md has no Event {event}");
            assert!(page.contains(event), "docs/troubleshooting.md does not name the Event {event}");
        }
    }
}

#[test]
fn the_checklist_counts_right_and_names_what_is_there() {
    let page = include_str!("../../docs/checklist.md");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit())
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), 70);
    let state = |row: &Vec<&str>| row[2].split(',').next().unwrap_or_default().to_owned();
    let count = |wanted: &str| rows.iter().filter(|row| state(row) == wanted).count();
    let (done, partly, not_yet, not) = (count("done"), count("partly"), count("not yet"), count("not"));
    assert_eq!(done + partly + not_yet + not, 70);
    let sum = format!(
        "Done: {done}, some of them with a remark. Partly: {partly}. Not yet: {not_yet}. Not, by choice or so far: {not}."
    );
    assert!(page.contains(&sum), "docs/checklist.md should end: {sum}");
    let places = page.split('`').skip(1).step_by(2).filter(|text| !text.contains(['*', ' ', '<']));
    for place in places.filter(|text| ["tests/", "docs/", "deploy/", "crds/"].iter().any(|root| text.starts_with(root)))
    {
        let file = Path::new(ROOT).join(place);
        assert!(file.exists() || file.with_extension("rs").exists(), "docs/checklist.md names {place}");
    }
}

/// With `([0-9.]+)`, 5.3e-05 is read as 5.3.
#[test]
fn each_regex_that_is_shown_reads_an_exponent() {
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
