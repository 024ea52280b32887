//! One folder for everything that a run of a test binary writes to disk: `target/tmp/runs/BINARY-PID`.
//!
//! Statics are never dropped, so nothing is deleted at the end of a run. The next run cleans up instead: it deletes
//! etcd's data (64 MB, allocated up front) of every ended run at once, and the logs after a day. A run has ended if its
//! `lock` file can be locked; the kernel releases the lock with the process.

use super::programs;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Subfolders with this name are deleted as soon as their run has ended.
pub const BULKY: &str = "etcd-data";
const KEEP_LOGS: Duration = Duration::from_hours(24);

/// The folder of this run.
pub fn run_folder() -> &'static Path {
    static RUN: LazyLock<(PathBuf, File)> = LazyLock::new(create);
    &RUN.0
}

/// `PREFIX-N`, with a new N at each call in this process.
pub fn numbered(prefix: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    format!("{prefix}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn create() -> (PathBuf, File) {
    let runs = programs::built().join("../tmp/runs");
    let executable = std::env::current_exe().unwrap_or_default();
    let binary = executable.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = runs.join(format!("{binary}-{}", std::process::id()));
    // Process ids are reused, so an existing folder belongs to an ended run.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap_or_else(|e| panic!("cannot create {}: {e}", folder.display()));
    let lock = File::create(folder.join("lock"))
        .unwrap_or_else(|e| panic!("cannot create a lock in {}: {e}", folder.display()));
    lock.try_lock().unwrap_or_else(|e| panic!("another process holds the lock in {}: {e}", folder.display()));
    tidy(&runs);
    (folder, lock)
}

/// Best effort: two runs may clean up at the same time, and the next run deletes what one of them misses.
fn tidy(runs: &Path) {
    for run in folders_in(runs) {
        let ended = File::open(run.join("lock")).is_ok_and(|lock| lock.try_lock().is_ok());
        if !ended {
            continue;
        }
        for part in folders_in(&run) {
            let _ = fs::remove_dir_all(part.join(BULKY));
        }
        let age =
            fs::metadata(run.join("lock")).and_then(|m| m.modified()).ok().and_then(|created| created.elapsed().ok());
        if age.is_some_and(|age| age > KEEP_LOGS) {
            let _ = fs::remove_dir_all(&run);
        }
    }
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}
