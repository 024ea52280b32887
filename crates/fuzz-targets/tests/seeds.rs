//! Every seed passes its target, and gets as far as what the target checks: the schema, the types and the calls change,
//! and seeds that the fuzzer can only reject would find nothing.

// Helpers of tests may unwrap too: a failure must end the test.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use fuzz_targets::{answers, events, expressions, hub_documents, manifests, statuses};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Runs a target on each file of a folder whose name begins and ends like this.
fn all_reach(target: fn(&[u8]) -> bool, folder: &str, [begin, end]: [&str; 2]) {
    let files = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap());
    let named = |name: &str| name.starts_with(begin) && name.ends_with(end);
    let files: Vec<_> = files.filter(|file| named(&file.file_name().to_string_lossy())).collect();
    assert!(!files.is_empty(), "{folder}");
    for file in files {
        assert!(target(&std::fs::read(file.path()).unwrap()), "{} is rejected early", file.path().display());
    }
}

#[test]
fn seeds_of_expressions() {
    all_reach(expressions::run, "fuzz/seeds/expressions", ["", ""]);
}

#[test]
fn seeds_of_manifests() {
    all_reach(manifests::run, "examples", ["", ".yaml"]);
}

#[test]
fn seeds_of_statuses() {
    all_reach(statuses::run, "fuzz/seeds/statuses", ["", ""]);
}

#[test]
fn seeds_of_hub_documents() {
    all_reach(hub_documents::run, "tests/fixtures", ["hub-content-document", ""]);
    all_reach(hub_documents::run, "tests/fixtures", ["jumpstart-spec", ""]);
}

#[test]
fn seeds_of_answers() {
    all_reach(answers::run, "fuzz/seeds/answers", ["", ""]);
}

/// The other seeds are messages that are not used.
#[test]
fn seeds_of_events() {
    for event in ["completed", "in-progress", "name-in-the-arn", "tags-as-list"] {
        all_reach(events::run, "fuzz/seeds/events", [event, ""]);
    }
}
