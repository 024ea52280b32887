//! The generated CRD: the committed file matches the types, and the schema follows the rules of a good API.

// Helpers of tests may unwrap too: a failure must end the test.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

/// The limit of the annotation that `kubectl apply` without `--server-side` writes.
const CLIENT_SIDE_APPLY_LIMIT: usize = 256 * 1024;

fn crd() -> Value {
    serde_json::to_value(api::crd()).unwrap()
}

#[test]
fn generated_files_match_the_code() {
    let output = Command::new(testkit::programs::program("xtask")).arg("--check").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_crd_is_small_enough_for_every_way_to_apply_it() {
    let yaml = std::fs::read_to_string(testkit::programs::CRD).unwrap();
    assert!(yaml.len() < CLIENT_SIDE_APPLY_LIMIT, "{} bytes", yaml.len());
    // Flux would treat it as a variable.
    assert!(!yaml.contains("${"));
}

#[test]
fn the_schema_has_no_findings() {
    let crd = crd();
    let findings = lint(&crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]);
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}

/// kstatus (Flux, Helm 4) takes an object without status for ready; this one is not ready until the operator has
/// observed it.
#[test]
fn a_new_object_has_not_been_observed() {
    let crd = crd();
    let version = &crd["spec"]["versions"][0];
    assert_eq!(
        version["schema"]["openAPIV3Schema"]["properties"]["status"]["default"],
        json!({"observedGeneration": -1})
    );
    assert_eq!(version["subresources"]["status"], json!({}));
}

#[test]
fn the_columns_match_the_design_and_have_descriptions() {
    let crd = crd();
    let columns = crd["spec"]["versions"][0]["additionalPrinterColumns"].as_array().unwrap().clone();
    let named = |wide: bool| -> Vec<String> {
        let chosen = columns.iter().filter(|c| (c["priority"].as_i64().unwrap_or(0) > 0) == wide);
        chosen.map(|c| c["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(named(false), ["READY", "STATUS", "PROGRESS", "BEST", "AGE"]);
    assert_eq!(named(true), ["RUNNING", "FAILED", "FRONT", "MESSAGE"]);
    // kubectl prints columns in the order of the CRD: the wide ones must come after all others.
    assert!(columns.is_sorted_by_key(|c| c["priority"].as_i64().unwrap_or(0)));
    assert!(columns.iter().all(|c| c["description"].as_str().is_some_and(|text| !text.is_empty())), "{columns:#?}");
}

/// A lint without findings may simply not work: this schema violates every rule.
#[test]
fn the_lint_finds_every_fault() {
    let fault = json!({
        "description": "The root.",
        "properties": {
            "spec": {
                "description": "spec of all faults.",
                "type": "object",
                "required": ["needed"],
                "x-kubernetes-validations": [{"rule": "has(self.a)", "message": "no, not that"}, {"rule": "true"}],
                "properties": {
                    "unboundedString": {"description": "unboundedString. Default: none. Change.", "type": "string"},
                    "unboundedList": {"description": "unboundedList. Default: none. Change.", "type": "array", "x-kubernetes-list-type": "atomic", "items": {"type": "object", "properties": {
                        "name": {"type": "string", "maxLength": 3, "description": "Something. Default: none.", "default": "x"},
                    }}},
                    "untypedList": {"description": "untypedList. Default: none. Change.", "type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 3}},
                    "unboundedInteger": {"description": "unboundedInteger. Default: none. Change.", "type": "integer", "minimum": 0, "format": "uint32"},
                    "unboundedMap": {"description": "unboundedMap. Default: none. Change.", "type": "object", "additionalProperties": {"type": "string", "maxLength": 1}},
                    "float": {"description": "float. Default: none. Change.", "type": "number"},
                    "anything": {"description": "anything. Default: none. Change.", "type": "object", "x-kubernetes-preserve-unknown-fields": true},
                    "nothing": {"description": "nothing. Default: none. Change.", "type": "boolean", "nullable": true},
                    "word": {"description": "word. Default: none. Change.", "type": "string", "enum": ["lower-case"]},
                    "undescribed": {"type": "boolean"},
                    "needed": {"description": "needed. Change.", "type": "boolean"},
                    "optional": {"description": "optional. Change.", "type": "boolean"},
                    "hidden": {"description": "hidden ${variable}. Default: none.", "type": "boolean"},
                    "waitSeconds": {"description": "waitSeconds to wait. Default: none. Change.", "type": "boolean"},
                },
            },
            "status": {"description": "status.", "type": "object", "properties": {
                "count": {"description": "count.", "type": "integer", "format": "int32"},
            }},
        },
    });
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for finding in lint(&fault) {
        *seen.entry(finding.split(':').next().unwrap().to_owned()).or_default() += 1;
    }
    let rules: Vec<&str> = seen.keys().map(String::as_str).collect();
    assert_eq!(
        rules,
        [
            "default-below-list",
            "description-missing",
            "description-says-default",
            "description-says-effect-of-change",
            "description-says-required",
            "description-says-unit",
            "description-starts-with-field",
            "enum-camel-case",
            "flux-variable",
            "format-known",
            "integer-bounds",
            "list-max-items",
            "list-of-named-is-map",
            "list-type",
            "map-max-properties",
            "no-nullable",
            "no-number",
            "no-preserve-unknown-fields",
            "rule-message",
            "string-max-length",
        ],
        "{seen:#?}"
    );
}

/// All findings in the schema of a kind, each as `rule: path`.
fn lint(root: &Value) -> Vec<String> {
    let mut findings = Findings(Vec::new());
    for part in ["spec", "status"] {
        let schema = &root["properties"][part];
        findings.field(part, schema, &Place { spec: part == "spec", ..Place::default() });
    }
    findings.0
}

/// The position in the schema.
#[derive(Clone, Default)]
#[allow(clippy::struct_excessive_bools)] // independent facts
struct Place {
    path: String,
    spec: bool,
    in_list: bool,
    required: bool,
    /// The outer field's description says what a change does.
    change_explained: bool,
}

struct Findings(Vec<String>);

impl Findings {
    fn check(&mut self, rule: &str, path: &str, kept: bool) {
        if !kept {
            self.0.push(format!("{rule}: {path}"));
        }
    }

    /// Checks a field with its description, and everything below it.
    fn field(&mut self, name: &str, schema: &Value, at: &Place) {
        let path = &format!("{}.{name}", at.path);
        let description = schema["description"].as_str().unwrap_or_default();
        let mut below = Place { path: path.clone(), ..at.clone() };
        self.check("description-missing", path, !description.is_empty());
        if !description.is_empty() {
            let begins = description.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', ':', '.', ',']));
            self.check("description-starts-with-field", path, begins);
            for (suffix, unit) in [("Seconds", "second"), ("GB", "GB"), ("Resource", "epochs")] {
                let about = description.trim_start_matches(name);
                self.check("description-says-unit", path, !name.ends_with(suffix) || about.contains(unit));
            }
        }
        if at.spec && !at.path.is_empty() {
            let changed = description.contains("chang") || description.contains("Chang");
            below.change_explained |= changed;
            self.check("description-says-effect-of-change", path, below.change_explained);
            let required = description.contains("equired");
            self.check("description-says-required", path, !at.required || required);
            self.check("description-says-default", path, at.required || description.contains("Default"));
        }
        self.schema(schema, &below);
    }

    fn schema(&mut self, schema: &Value, at: &Place) {
        let path = &at.path;
        let has = |key: &str| schema.get(key).is_some();
        self.check("no-nullable", path, !has("nullable"));
        self.check("no-preserve-unknown-fields", path, !has("x-kubernetes-preserve-unknown-fields"));
        self.check("default-below-list", path, !(at.in_list && has("default")));
        self.check("flux-variable", path, !schema["description"].as_str().unwrap_or_default().contains("${"));
        for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
            let message = rule["message"].as_str().unwrap_or_default();
            let good = message.contains("must ") && message.contains('`') && !message.contains("must not");
            self.check("rule-message", &format!("{path}: {message}"), good);
        }
        match schema["type"].as_str().unwrap_or_default() {
            "string" => {
                let bounded = has("maxLength") || has("enum") || schema["format"] == "date-time";
                self.check("string-max-length", path, bounded);
                for value in schema["enum"].as_array().into_iter().flatten() {
                    let word = value.as_str().unwrap_or_default();
                    let camel =
                        word.starts_with(|c: char| c.is_ascii_uppercase()) && word.chars().all(char::is_alphanumeric);
                    self.check("enum-camel-case", path, camel);
                }
                self.check("format-known", path, !has("format") || schema["format"] == "date-time");
            }
            "integer" => {
                self.check("integer-bounds", path, has("minimum") && has("maximum"));
                self.check("format-known", path, schema["format"] == "int32" || schema["format"] == "int64");
            }
            "number" => self.check("no-number", path, false),
            "array" => {
                self.check("list-max-items", path, has("maxItems"));
                self.check("list-type", path, has("x-kubernetes-list-type"));
                let named = schema["items"]["properties"].is_object();
                // Selectors and overrides have no names: each is identified by its content.
                let nameless = [".spec.candidateSelectors", ".spec.datasets[].channelOverrides"];
                let map = schema["x-kubernetes-list-type"] == "map" || nameless.contains(&path.as_str());
                self.check("list-of-named-is-map", path, !(at.spec && named) || map);
                let items = Place { path: format!("{path}[]"), in_list: true, required: false, ..at.clone() };
                self.schema(&schema["items"], &items);
            }
            "object" if has("additionalProperties") => {
                self.check("map-max-properties", path, has("maxProperties"));
                let values = Place { path: format!("{path}{{}}"), in_list: true, ..at.clone() };
                self.schema(&schema["additionalProperties"], &values);
            }
            _ => {}
        }
        let required = schema["required"].as_array();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let required = required.is_some_and(|all| all.iter().any(|r| r == name));
            self.field(name, property, &Place { required, ..at.clone() });
        }
    }
}
