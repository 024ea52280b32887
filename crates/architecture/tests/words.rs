//! The invariants of `ARCHITECTURE.md` that can be read off the source: who may name what.

use std::path::Path;

use architecture::sources::sources;

/// Lines of code (comments left out) in `folders` that contain one of `words`, but for files whose path contains one of
/// `except`.
fn naming(folders: &[&str], words: &[&str], except: &[&str]) -> Vec<String> {
    let allowed = |path: &Path| except.iter().any(|part| path.to_string_lossy().contains(part));
    folders
        .iter()
        .flat_map(|folder| sources(folder))
        .filter(|(path, _)| !allowed(path))
        .flat_map(|(path, text)| {
            text.lines()
                .enumerate()
                .filter(|(_, line)| !line.trim_start().starts_with("//"))
                .filter(|(_, line)| words.iter().any(|word| line.contains(word)))
                .map(|(number, line)| format!("{}:{}: {}", path.display(), number + 1, line.trim()))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn deciding_is_pure() {
    let impure = [
        "aws_",
        "tokio::",
        "async fn",
        ".await",
        "std::fs",
        "std::net",
        "std::env",
        "kube::Client",
        "kube::Api",
        "clock::",
    ];
    let pure =
        ["crates/decide", "crates/pareto", "crates/api", "crates/report/src", "crates/lint/src", "crates/view/src"];
    // The tests of the views compare them with a page of the documentation.
    assert_eq!(naming(&pure, &impure, &["view/src/advice.rs"]), [""; 0]);
}

#[test]
fn pareto_maths_knows_nothing_of_the_rest() {
    assert_eq!(naming(&["crates/pareto"], &["api::", "decide::", "kube", "serde", "jiff"], &[]), [""; 0]);
}

#[test]
fn only_the_seams_name_the_sdk() {
    // The target `answers` answers the SDK in the place of the network; the filter of the logs names what not to log.
    let others = ["crates/fuzz-targets/src/answers.rs", "src/process/telemetry.rs"];
    let seams = [&["crates/aws/", "crates/events/", "crates/sagemaker/"][..], &others].concat();
    assert_eq!(naming(&["src", "crates"], &["aws_sdk_", "aws_smithy_", "aws_config"], &seams), [""; 0]);
}

#[test]
fn only_the_clock_modules_read_the_clock() {
    let reads = ["Timestamp::now()", "SystemTime::now()", "Instant::now()", "Zoned::now()"];
    assert_eq!(
        naming(
            &["src", "crates"],
            &reads,
            &["platform/src/clock.rs", "emulator/src/clock.rs", "cli/src/clock.rs", "cli/tests/", "crates/testkit"]
        ),
        [""; 0]
    );
}

#[test]
fn the_emulator_and_the_operator_do_not_know_each_other() {
    let operator = ["modelselection", "kube::"];
    assert_eq!(naming(&["crates/emulator/src"], &operator, &[]), [""; 0]);
    let rest = [
        "crates/api",
        "crates/catalog",
        "crates/decide",
        "crates/events",
        "crates/observe",
        "crates/pareto",
        "crates/platform",
        "crates/sagemaker",
        "crates/tables",
        "crates/ui",
        "src",
    ];
    assert_eq!(naming(&rest, &["emulator"], &[]), [""; 0]);
}
