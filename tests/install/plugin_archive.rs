//! The archive of the kubectl plugin.
#![allow(clippy::unwrap_used)] // a test may panic

use std::process::Command;

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// krew unpacks files and folders, and refuses an archive with anything else, such as a link.
#[test]
fn it_has_files_and_folders_only() {
    let folder = tempfile::tempdir().unwrap();
    let root = env!("CARGO_MANIFEST_DIR");
    // The program is not built here; another file stands for it.
    let program = format!("{root}/hack/krew.sh");
    let mut pack = Command::new(format!("{root}/hack/plugin-archive.sh"));
    let archive = run(pack.args([&program, "linux", "amd64"]).arg(folder.path()));
    let listed = run(Command::new("tar").args(["-tvzf", archive.trim_end()]));
    let other: Vec<&str> = listed.lines().filter(|entry| !entry.starts_with(['-', 'd'])).collect();
    assert!(other.is_empty(), "{other:#?}");
    for file in ["kubectl-modelselection", "LICENSE", "bin/kubectl_complete-modelselection"] {
        assert!(listed.lines().any(|entry| entry.ends_with(&format!("/{file}"))), "no {file} in\n{listed}");
    }
}
