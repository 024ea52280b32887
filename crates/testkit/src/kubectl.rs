//! The kubectl of the machine, as administrator of a control plane.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::control_plane::ControlPlane;

/// Runs it with a text on standard input. Returns its exit code and its whole output.
pub fn kubectl(plane: &ControlPlane, arguments: &[&str], input: &str) -> (i32, String) {
    let mut command = Command::new("kubectl");
    command.arg(format!("--cache-dir={}", plane.folder().join("kubectl-cache").display())).args(arguments);
    command.env("KUBECONFIG", plane.kubeconfig());
    // The user's setting for `kubectl diff` must not affect the tests.
    command.env_remove("KUBECTL_EXTERNAL_DIFF");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("cannot run kubectl: {e}"));
    let sent = child.stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes()));
    sent.unwrap_or(Ok(())).unwrap_or_else(|e| panic!("kubectl {arguments:?} does not read: {e}"));
    let output = child.wait_with_output().unwrap_or_else(|e| panic!("kubectl {arguments:?}: {e}"));
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned())
}
