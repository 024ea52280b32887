//! `new`: what it writes lints, whether flags, a notebook or a person at a terminal say it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use testkit::programs::ROOT;

use super::{PLUGIN, Said, said};

/// The plugin without a cluster.
fn plugin(arguments: &[&str]) -> Command {
    let mut command = Command::new(PLUGIN);
    command.args(arguments).env("KUBECONFIG", "/nowhere").env("LANG", "C.UTF-8").stdin(Stdio::null());
    command
}

fn assert_lints(file: &Path) {
    let linted = said(&mut plugin(&["lint", "-f", file.to_str().unwrap()]));
    assert_eq!(linted.code, 0, "{linted:?}\n{}", std::fs::read_to_string(file).unwrap());
}

#[test]
fn flags_make_a_manifest_and_what_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("birds.yaml");
    let arguments = [
        "new",
        "birds",
        "-n",
        "vision",
        "--task",
        "ic",
        "--dataset",
        "birds=s3://birds/train/",
        "--objective",
        "val_accuracy:Maximize",
        "-o",
        file.to_str().unwrap(),
    ];
    let written = said(&mut plugin(&arguments));
    assert_eq!((written.code, written.out.as_str()), (0, ""), "{written:?}");
    assert!(written.err.contains("change these examples before you apply:\n  spec.executionRoleARN"), "{written:?}");
    assert_lints(&file);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("name: birds\n  namespace: vision\n") && text.contains("task: ic\n"), "{text}");
    let again = said(&mut plugin(&arguments));
    assert!(again.code == 1 && again.err.contains("exists; overwrite it with --force"), "{again:?}");
    assert_eq!(said(plugin(&arguments).arg("--force")).code, 0);
    let wrong = said(&mut plugin(&["new", "--objective", "accuracy"]));
    assert!(wrong.code == 1 && wrong.err.contains("--objective: write it as METRIC:Maximize"), "{wrong:?}");
}

#[test]
fn a_notebook_makes_a_manifest_and_flags_override_it() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["jumpstart-estimator", "retrieved-uris", "boto3-request", "jumpstart-request", "little-is-known"] {
        let notebook = format!("{ROOT}/crates/cli/tests/notebooks/{name}.ipynb");
        let file = folder.path().join(format!("{name}.yaml"));
        let role = "arn:aws:iam::123456789012:role/Mine";
        let arguments = ["new", "--from-notebook", &notebook, "--role", role, "-o", file.to_str().unwrap()];
        let written = said(&mut plugin(&arguments));
        assert!(written.code == 0 && written.err.contains("taken from the notebook:\n"), "{written:?}");
        assert_lints(&file);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(role) && text.contains(&format!("name: {name}\n")), "{text}");
    }
    let none = said(&mut plugin(&["new", "--from-notebook", &format!("{ROOT}/Cargo.toml")]));
    assert!(none.code == 1 && none.err.contains("Cargo.toml: it is not a Jupyter notebook of format 4"), "{none:?}");
}

/// The plugin on a terminal, with somebody who types the lines.
fn typed(arguments: &[&str], lines: &[&str]) -> Said {
    let command = [&[PLUGIN], arguments].concat().join(" ");
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &command, "/dev/null"]).env("KUBECONFIG", "/nowhere");
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{}\r", lines.join("\r")).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
}

#[test]
fn on_a_terminal_it_asks_and_refuses_what_would_not_lint() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("asked.yaml");
    let role = "arn:aws:iam::123456789012:role/Mine";
    let lines = ["asked", "task=ic", "birds=s3://birds/train/", "", "me", role, "ml.g5.xlarge", "many", "6"];
    // The first answer for the role and for the number of training jobs are refused.
    let asked = typed(&["new", "-o", file.to_str().unwrap()], &lines);
    assert_eq!(asked.code, 0, "{asked:?}");
    assert!(
        asked.out.contains("Invalid value: \"me\"") && asked.out.contains("'many' is not a whole number"),
        "{asked:?}"
    );
    assert_lints(&file);
    let text = std::fs::read_to_string(&file).unwrap();
    for line in ["name: asked", "task: ic", "s3URI: s3://birds/train/", role, "ml.g5.xlarge", "maxTrainingJobs: 6"] {
        assert!(text.contains(line), "{line}:\n{text}");
    }
}
