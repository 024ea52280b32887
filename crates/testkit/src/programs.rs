//! The paths of the programs under test, and of the repository.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The folder of the repository.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// The generated definition of the resource.
pub const CRD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crds/modelselections.yaml");

/// The operator as it is currently built, or the one in `MODELSELECTION_OPERATOR`, which lets a debug bench measure a
/// release build.
pub fn operator() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let given = std::env::var_os("MODELSELECTION_OPERATOR").map(PathBuf::from);
        given.unwrap_or_else(|| program("modelselection-operator"))
    });
    &PROGRAM
}

/// The emulator as it is currently built.
pub fn emulator() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| program("sagemaker-emulator"));
    &PROGRAM
}

/// The path of a program of this workspace. Cargo provides the paths only of the programs in a test's own package, and
/// builds only those: so this runs Cargo to build the program, which does nothing if it is up to date.
pub fn program(name: &str) -> PathBuf {
    let folder = built();
    // Set for tests and benches, but not for a program that is started manually: that one uses the existing build.
    if let Some(cargo) = std::env::var_os("CARGO") {
        let mut build = Command::new(cargo);
        build.current_dir(ROOT).args(["build", "--quiet", "--bin", name]);
        if folder.file_name().is_some_and(|profile| profile == "release") {
            build.arg("--release");
        }
        let status = build.status().unwrap_or_else(|e| panic!("cannot run cargo to build {name}: {e}"));
        assert!(status.success(), "cargo cannot build {name}; its messages are above");
    }
    let path = folder.join(name);
    assert!(path.exists(), "{} is missing; run `cargo build --bins`", path.display());
    path
}

/// `target/debug` or `target/release`: the folder of this executable, or the parent of `deps`.
pub fn built() -> PathBuf {
    let executable = std::env::current_exe().unwrap_or_else(|e| panic!("cannot find this executable: {e}"));
    let folder = executable.parent().unwrap_or_else(|| panic!("{} has no folder", executable.display()));
    if folder.ends_with("deps") { folder.parent().unwrap_or(folder).to_owned() } else { folder.to_owned() }
}
