//! Which crate may depend on which. Cargo holds the direction; this holds the list, so that an arrow is a decision.

use std::collections::{BTreeMap, BTreeSet};

use architecture::packages::{Package, packages};
use architecture::root;

/// The arrows between crates. Whoever adds one adds it to the picture in ARCHITECTURE.md too.
const ARROWS: &[(&str, &[&str])] = &[
    ("api", &[]),
    ("pareto", &[]),
    ("decide", &["api", "pareto"]),
    ("platform", &[]),
    ("sagemaker", &["api", "decide", "platform"]),
    ("catalog", &["api", "decide", "platform", "sagemaker"]),
    ("observe", &["api", "decide", "platform", "sagemaker"]),
    ("operator", &["api", "catalog", "decide", "events", "observe", "platform", "sagemaker", "store", "ui"]),
    ("store", &["api"]),
    ("events", &["api"]),
    ("ui", &["api", "platform", "report", "store", "tables"]),
    // What people use beside it: the kubectl plugin and the page of results.
    ("tables", &["api", "decide"]),
    ("view", &["api", "decide"]),
    ("lint", &["api"]),
    ("report", &["api", "pareto"]),
    ("promote", &["api", "decide"]),
    ("aws", &["decide"]),
    (
        "cli",
        &["api", "aws", "catalog", "decide", "lint", "platform", "promote", "report", "sagemaker", "tables", "view"],
    ),
    ("emulator", &[]),
    // What makes, checks and shows the operator. Nothing that is shipped depends on these.
    ("architecture", &[]),
    ("emulator-client", &[]),
    ("fuzz-targets", &["api", "catalog", "decide", "events", "lint", "platform", "sagemaker", "samples"]),
    ("samples", &["api"]),
    ("testkit", &["api", "emulator-client", "samples"]),
    ("demo", &["api", "testkit", "view"]),
    ("xtask", &["api", "cli", "decide", "emulator", "operator", "platform", "sagemaker"]),
];

/// What the pure crates may use from outside: none of it does I/O, if `kube` comes without its client.
const PURE: &[(&str, &[&str])] = &[
    ("api", &["jiff", "k8s-openapi", "kube", "schemars", "serde", "serde_json"]),
    ("pareto", &[]),
    ("lint", &["cel", "parking_lot", "regex", "serde_json"]),
    ("promote", &["hcl-rs", "serde-saphyr", "serde_json", "thiserror"]),
    ("decide", &["cel", "jiff", "k8s-openapi", "serde", "serde_json", "sha2", "strsim"]),
];

/// Crates for tests only.
const FOR_TESTS: &[&str] = &["architecture", "emulator-client", "fuzz-targets", "samples", "testkit"];

fn all() -> BTreeMap<String, Package> {
    packages(&root()).unwrap_or_else(|error| panic!("{error}"))
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn crates_have_exactly_these_arrows() {
    let arrows = ARROWS.iter().map(|(name, to)| ((*name).to_owned(), set(to))).collect::<BTreeMap<_, _>>();
    let found = all().into_iter().map(|(name, package)| (name, package.own)).collect::<BTreeMap<_, _>>();
    assert_eq!(found, arrows, "found (left) and allowed (right); a new arrow needs a place in ARCHITECTURE.md");
}

#[test]
fn the_pure_crates_use_nothing_that_does_io() {
    let found = all();
    for (name, allowed) in PURE {
        let Package { foreign, kube, .. } = &found[*name];
        let more: Vec<_> = foreign.difference(&set(allowed)).cloned().collect();
        assert_eq!(more, [""; 0], "crates/{name} is pure: does this one do I/O?");
        assert!(kube.is_subset(&set(&["derive"])), "crates/{name} takes {kube:?} of kube; its client does I/O");
    }
}

#[test]
fn only_the_seams_depend_on_the_sdk() {
    for (name, package) in all() {
        let sdk: Vec<&String> = package.foreign.iter().filter(|name| name.starts_with("aws-")).collect();
        // The fuzz targets answer in the place of the network.
        let may = ["aws", "events", "fuzz-targets", "sagemaker"].contains(&name.as_str());
        assert!(sdk.is_empty() || may, "crates/{name} depends on {sdk:?}");
    }
}

#[test]
fn the_emulator_knows_nothing_of_the_operator_and_nothing_that_is_shipped_knows_the_emulator_or_a_test() {
    for (name, package) in all() {
        let Package { own, own_in_tests, .. } = package;
        if name == "emulator" {
            // Its tests share a client with those of the operator. The client knows neither of the two.
            let more: Vec<&String> = own_in_tests.iter().filter(|name| *name != "emulator-client").collect();
            assert!(own.is_empty() && more.is_empty(), "the emulator depends on {own:?} {more:?}");
        }
        let is_shipped = !FOR_TESTS.contains(&name.as_str()) && !["demo", "xtask"].contains(&name.as_str());
        let for_tests: Vec<&&str> = FOR_TESTS.iter().filter(|test| own.contains(**test)).collect();
        assert!(!is_shipped || for_tests.is_empty(), "crates/{name} depends on {for_tests:?}");
        assert!(!is_shipped || !own.contains("emulator"), "crates/{name} depends on the emulator");
    }
}
