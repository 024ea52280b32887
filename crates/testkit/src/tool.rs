//! Programs that are built for the tests: `tests/tools/get.sh`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::programs;

/// Its path; builds it if it is missing.
pub fn tool(name: &str) -> PathBuf {
    let script = Path::new(programs::ROOT).join("tests/tools/get.sh");
    let output = Command::new(&script).arg(name).stderr(Stdio::inherit()).output();
    let output = output.unwrap_or_else(|e| panic!("cannot run {}: {e}", script.display()));
    assert!(output.status.success(), "{} {name} failed; its messages are above", script.display());
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}
