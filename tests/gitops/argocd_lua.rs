//! Argo CD's Lua scripts for selections from `deploy/argocd`, run in Lua 5.1 with the libraries that Argo CD gives to
//! scripts: base, package and table, and os for those that require it. `make test-gitops` uses Argo CD itself.
#![allow(clippy::unwrap_used)] // a test may panic

use std::process::Command;

use mlua::{Lua, LuaOptions, LuaSerdeExt as _, StdLib};
use serde_json::{Value, json};

const KEY: &str = "modelselection.dev_ModelSelection";

/// The values that `kubectl apply -k` puts into Argo CD's settings.
fn settings() -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/argocd");
    let output = Command::new("kubectl").args(["kustomize", folder]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let map: Value = serde_saphyr::from_str(std::str::from_utf8(&output.stdout).unwrap()).unwrap();
    assert_eq!(map["metadata"]["name"], "argocd-cm");
    assert_eq!(map["metadata"]["namespace"], "argocd");
    // Argo CD ignores a ConfigMap without it.
    assert_eq!(map["metadata"]["labels"]["app.kubernetes.io/part-of"], "argocd");
    map["data"].clone()
}

fn health_lua() -> String {
    settings()[format!("resource.customizations.health.{KEY}")].as_str().unwrap().to_owned()
}

fn actions() -> Value {
    let settings = settings();
    serde_saphyr::from_str(settings[format!("resource.customizations.actions.{KEY}")].as_str().unwrap()).unwrap()
}

fn action_lua(name: &str) -> String {
    let actions = actions();
    let of = |action: &&Value| action["name"] == name;
    actions["definitions"].as_array().unwrap().iter().find(of).unwrap()["action.lua"].as_str().unwrap().to_owned()
}

/// What a script returns for an object.
fn run(script: &str, object: &Value) -> Value {
    let lua = Lua::new_with(StdLib::PACKAGE | StdLib::TABLE | StdLib::OS, LuaOptions::default()).unwrap();
    lua.globals().set("os", mlua::Value::Nil).unwrap();
    lua.globals().set("obj", lua.to_value(object).unwrap()).unwrap();
    let returned: mlua::Value = lua.load(script).eval().unwrap_or_else(|e| panic!("{e} for {object:#}"));
    lua.from_value(returned).unwrap()
}

fn selection(spec: &Value, status: &Value) -> Value {
    json!({
        "apiVersion": "modelselection.dev/v1alpha1", "kind": "ModelSelection",
        "metadata": {"name": "flowers", "namespace": "default", "generation": 2},
        "spec": spec, "status": status,
    })
}

fn condition(type_: &str, status: &str, message: &str) -> Value {
    json!({"type": type_, "status": status, "reason": "Any", "message": message, "observedGeneration": 2})
}

#[test]
fn health_matches_kstatus_with_a_state_for_suspended() {
    let script = health_lua();
    let unseen = "the operator has not seen this version of the selection yet";
    let [ready, not_ready, unknown] = [
        ("True", "0 of 8 runs ended; 8 running"),
        ("False", "0 of 8 runs ended; 8 running"),
        ("Unknown", "0 of 1 runs ended; 1 waiting"),
    ]
    .map(|(status, message)| condition("Ready", status, message));
    for (case, status, health, message) in [
        ("new, before the default of the status", Value::Null, "Progressing", unseen),
        ("new", json!({"observedGeneration": -1}), "Progressing", unseen),
        ("edited", json!({"observedGeneration": 1, "conditions": [ready]}), "Progressing", unseen),
        (
            "being created",
            json!({"observedGeneration": 2, "conditions": [unknown, condition("Reconciling", "True", "0 of 1 runs ended; 1 waiting")]}),
            "Progressing",
            "0 of 1 runs ended; 1 waiting",
        ),
        (
            "launched",
            json!({"observedGeneration": 2, "conditions": [ready]}),
            "Healthy",
            "0 of 8 runs ended; 8 running",
        ),
        (
            "running, to complete",
            json!({"observedGeneration": 2, "conditions": [not_ready, condition("Reconciling", "True", "0 of 8 runs ended; 8 running")]}),
            "Progressing",
            "0 of 8 runs ended; 8 running",
        ),
        (
            "complete",
            json!({"observedGeneration": 2, "conditions": [condition("Ready", "True", "2 of 2 runs ended"), condition("Succeeded", "True", "2 of 2 runs ended")]}),
            "Healthy",
            "2 of 2 runs ended",
        ),
        (
            "a person is needed",
            json!({"observedGeneration": 2, "conditions": [not_ready, condition("Stalled", "True", "no such model")]}),
            "Degraded",
            "no such model",
        ),
        (
            "suspended",
            json!({"observedGeneration": 2, "conditions": [ready, condition("Suspended", "True", "nothing new starts")]}),
            "Suspended",
            "nothing new starts",
        ),
        // This combination is never written, but a wrong Healthy would be worse than a wait.
        (
            "no conditions",
            json!({"observedGeneration": 2}),
            "Progressing",
            "the operator has not written a condition yet",
        ),
        (
            "not ready and nothing else",
            json!({"observedGeneration": 2, "conditions": [not_ready]}),
            "Progressing",
            "0 of 8 runs ended; 8 running",
        ),
    ] {
        let mut object = selection(&json!({}), &status);
        if status.is_null() {
            object.as_object_mut().unwrap().remove("status");
        }
        assert_eq!(run(&script, &object), json!({"status": health, "message": message}), "{case}");
    }
}

#[test]
fn actions_are_offered_only_where_they_have_an_effect() {
    let discovery = actions()["discovery.lua"].as_str().unwrap().to_owned();
    let offered = |spec: Value, status: Value| {
        let all = run(&discovery, &selection(&spec, &status));
        let all = all.as_object().unwrap();
        let mut names: Vec<String> =
            all.iter().filter(|(_, a)| a["disabled"] == false).map(|(n, _)| n.clone()).collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(offered(json!({}), json!({"observedGeneration": -1})), "rerun suspend");
    assert_eq!(offered(json!({"suspend": false}), json!({})), "rerun suspend");
    assert_eq!(offered(json!({"suspend": true}), json!({})), "rerun resume");
    assert_eq!(offered(json!({}), json!({"completionTime": "2026-11-24T12:00:00Z"})), "rerun");
}

#[test]
fn an_action_changes_only_its_field() {
    let spec = json!({"maxConcurrentTuningJobs": 8, "rerun": "a", "tuning": {"objective": {"goal": "Maximize"}}});
    let object = selection(&spec, &json!({"observedGeneration": 2, "runs": [{"candidate": "c"}]}));
    for (action, field, value) in [("suspend", "suspend", true), ("resume", "suspend", false)] {
        let mut expected = object.clone();
        expected["spec"][field] = json!(value);
        assert_eq!(run(&action_lua(action), &object), expected, "{action}");
    }
    let mut changed = run(&action_lua("rerun"), &object);
    let token = changed["spec"]["rerun"].take();
    let token = token.as_str().unwrap();
    token.parse::<jiff::Timestamp>().unwrap_or_else(|e| panic!("{token}: {e}"));
    let mut expected = object;
    expected["spec"]["rerun"] = Value::Null;
    assert_eq!(changed, expected);
}
