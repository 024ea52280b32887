//! A wall clock that a test changes while a program runs, as an administrator or a broken time server would.
//!
//! The program is unmodified: a library that is loaded before libc overrides its calls for the time of day. It is built
//! by the C compiler that Rust needs for linking anyway.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use super::run_folder::{numbered, run_folder};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/wall_clock.c");

/// The wall clock of a program that is started with [`WallClock::environment`].
pub struct WallClock {
    offset: PathBuf,
}

impl WallClock {
    /// A clock without an offset.
    pub fn new() -> Self {
        let clock = Self { offset: run_folder().join(numbered("wall-clock")) };
        clock.set(0);
        clock
    }

    /// The environment variables of the program.
    pub fn environment(&self) -> Vec<(String, String)> {
        let text = |path: &Path| path.display().to_string();
        vec![("LD_PRELOAD".to_owned(), text(library())), ("WALL_CLOCK_OFFSET".to_owned(), text(&self.offset))]
    }

    /// Sets the clock `ahead` seconds ahead, or back if negative.
    pub fn set(&self, ahead: i64) {
        // Written by renaming, so that no reader sees a partial file.
        let new = self.offset.with_extension("new");
        std::fs::write(&new, ahead.to_string()).unwrap();
        std::fs::rename(&new, &self.offset).unwrap();
    }
}

fn library() -> &'static Path {
    static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| {
        let library = run_folder().join("libwallclock.so");
        let mut build = Command::new("cc");
        build.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).args([SOURCE, "-ldl"]);
        let status = build.status().unwrap_or_else(|e| panic!("cannot run cc: {e}"));
        assert!(status.success(), "cc cannot build {SOURCE}");
        library
    });
    &LIBRARY
}
