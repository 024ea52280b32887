//! Programs that are built for the tests: `tests/tools/get.sh`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Its path; it is built if it is not there yet.
pub fn tool(name: &str) -> PathBuf {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/get.sh");
    let output = Command::new(script).arg(name).stderr(Stdio::inherit()).output();
    let output = output.unwrap_or_else(|e| panic!("cannot run {script}: {e}"));
    assert!(output.status.success(), "{script} {name} failed; its messages are above");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}
