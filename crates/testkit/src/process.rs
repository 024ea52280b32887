//! A child process that cannot outlive the test process, not even if that is killed with SIGKILL.
//!
//! `Drop` does not run for statics, nor when the test process is killed. So every program is started by a shell that
//! first starts a watcher in the background and then becomes the program (`exec`: the child's pid is the program's).
//! The watcher reads a pipe whose only writer is the test process. When that pipe closes, for whatever reason, it kills
//! the process group. The watcher itself is in that group, and the kernel does not reuse a group's number while the
//! group has members: so the kill never hits an unrelated process that got the number later.

use std::fs::{self, File, OpenOptions};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::time::Instant;

use super::await_until::await_until;

const WATCHED: &str = r#"
exec 3<&0 </dev/null
( cat <&3; kill -s KILL -- -$$ ) >/dev/null 2>&1 &
exec "$@" 3<&-
"#;

/// A program to start.
pub struct Program<'a> {
    /// Names the log files.
    pub name: &'a str,
    /// The executable.
    pub binary: &'a Path,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its environment; only PATH, HOME and `LLVM_PROFILE_FILE` (for coverage) are added.
    pub environment: Vec<(String, String)>,
    /// The folder for its output: standard error goes to `NAME.log`, standard output to `NAME.out`. Both are appended
    /// to.
    pub folder: &'a Path,
}

/// A running (or ended) program.
pub struct Process {
    name: String,
    child: Child,
    /// The writing end of the watcher's pipe. Not left in `child`, because `Child::wait` would close it.
    lifeline: Option<ChildStdin>,
    log: PathBuf,
    output: PathBuf,
}

impl Process {
    /// Starts a program.
    pub fn start(program: Program<'_>) -> Self {
        let Program { name, binary, arguments, environment, folder } = program;
        let (log, output) = (folder.join(format!("{name}.log")), folder.join(format!("{name}.out")));
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(WATCHED).arg(name).arg(binary).args(arguments);
        command.env_clear();
        for inherited in ["PATH", "HOME", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(inherited) {
                command.env(inherited, value);
            }
        }
        command.envs(environment);
        command.stdin(Stdio::piped()).stdout(appending(&output)).stderr(appending(&log)).process_group(0);
        let mut child = command.spawn().unwrap_or_else(|e| panic!("cannot start a shell for {name}: {e}"));
        let lifeline = child.stdin.take();
        Self { name: name.to_owned(), child, lifeline, log, output }
    }

    /// The process id of the program itself.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its exit status; `None` while it is running.
    pub fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap_or_else(|e| panic!("cannot ask for the state of {}: {e}", self.name))
    }

    /// Whether it is still running.
    pub fn is_running(&mut self) -> bool {
        self.exit_status().is_none()
    }

    /// Sends SIGKILL, and waits for the exit. Does nothing if it has already ended.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.lifeline = None;
    }

    /// Sends a signal: `TERM`, `STOP`, `CONT`.
    pub fn signal(&self, name: &str) {
        // The standard library can only send SIGKILL; the shell's own `kill` needs no package.
        let sent = Command::new("/bin/sh").arg("-c").arg(format!("kill -{name} {}", self.pid())).status();
        assert!(
            sent.is_ok_and(|s| s.success()),
            "cannot send SIG{name} to {}: has it ended before?\n{}",
            self.name,
            self.tail()
        );
    }

    /// Sends SIGTERM, and waits for the exit; panics (and kills) if it is still running after the deadline.
    pub async fn terminate(&mut self, deadline: Duration) -> (ExitStatus, Duration) {
        let started = Instant::now();
        self.signal("TERM");
        let what = format!("{} ends after SIGTERM", self.name);
        let status = await_until(&what, deadline, async || self.exit_status().ok_or_else(|| self.tail())).await;
        self.lifeline = None;
        (status, started.elapsed())
    }

    /// Everything it wrote to standard error (including earlier processes with the same name).
    pub fn log(&self) -> String {
        read(&self.log)
    }

    /// Everything it wrote to standard output.
    pub fn output(&self) -> String {
        read(&self.output)
    }

    /// The end of the log, with its path, for error messages.
    pub fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(30)..].join("\n");
        format!("--- end of {} ---\n{tail}\n---", self.log.display())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn appending(path: &Path) -> File {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.unwrap_or_else(|e| panic!("cannot write {}: {e}", path.display()))
}

/// Lossy, because a program may have written part of a character.
fn read(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
