//! Runs the commands of docs/tutorial.md unchanged, and compares their output with the page.
#![allow(clippy::unwrap_used)] // a test may panic

use std::path::Path;
use std::time::Duration;

use testkit::free_port::FreePort;
use testkit::process::{Process, Program};
use testkit::run_folder::{numbered, run_folder};
use testkit::{await_until, shared};

const PAGE: &str = include_str!("../../docs/tutorial.md");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// The commands have timeouts of their own; this is more than their sum.
const DEADLINE: Duration = Duration::from_mins(10);

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let start = format!("```{language}\n");
    PAGE.split(start.as_str()).skip(1).map(|rest| &rest[..rest.find("```\n").unwrap()]).collect()
}

#[tokio::test]
async fn the_tutorial_does_what_it_says() {
    let plane = shared().await;
    let port = FreePort::reserve();
    // Cargo has already built them, and another process may use the port.
    let commands =
        blocks("sh").concat().replace("cargo build --bins\n", "").replace("4599", &port.number().to_string());
    assert!(commands.lines().count() > 20);
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(format!("{ROOT}/crds"), folder.path().join("crds")).unwrap();
    let script = folder.path().join("tutorial.sh");
    std::fs::write(&script, format!("cd {}\n{commands}", folder.path().display())).unwrap();

    let binaries = testkit::programs::emulator().parent().unwrap();
    testkit::programs::operator();
    let name = numbered("tutorial");
    let environment = [
        ("PATH", format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap())),
        ("KUBECONFIG", plane.kubeconfig().display().to_string()),
        ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let mut shell = Process::start(Program {
        name: &name,
        binary: Path::new("/bin/bash"),
        arguments: ["-euo", "pipefail", script.to_str().unwrap()].map(str::to_owned).into(),
        environment: environment.into(),
        folder: run_folder(),
    });
    let status =
        await_until("the tutorial ends", DEADLINE, async || shell.exit_status().ok_or_else(|| shell.output())).await;
    let operator = std::fs::read_to_string(folder.path().join("operator.log")).unwrap_or_default();
    assert!(status.success(), "{status}\n{}\n{}\n{operator}", shell.output(), shell.tail());

    let words = |line: &str| -> Vec<String> {
        // Ages differ.
        let age = |word: &&str| !word.starts_with(|c: char| c.is_ascii_digit()) || word.contains('/');
        line.split_whitespace().filter(age).map(str::to_owned).collect()
    };
    let output = shell.output();
    let shown: Vec<_> = output.lines().map(words).collect();
    for line in blocks("text").concat().lines() {
        assert!(shown.contains(&words(line)), "nothing shows '{line}':\n{output}");
    }
}
