//! Where the programs under test are, and the repository that they come from.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The folder of the repository.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// The generated definition of the resource.
pub const CRD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crds/modelselections.yaml");

/// The operator, as it is built now; or that of `MODELSELECTION_OPERATOR`, to measure a release build by a bench that is
/// not one itself.
pub fn operator() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let given = std::env::var_os("MODELSELECTION_OPERATOR").map(PathBuf::from);
        given.unwrap_or_else(|| program("modelselection-operator"))
    });
    &PROGRAM
}

/// The emulated SageMaker, as it is built now.
pub fn emulator() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| program("sagemaker-emulator"));
    &PROGRAM
}

/// The path of a program of this workspace. Cargo tells a test only where the programs of its own package are, and
/// builds only those: so this asks Cargo to build the program, which does nothing when it is up to date.
pub fn program(name: &str) -> PathBuf {
    let folder = built();
    // Set for tests and benches, not for a program that is started by hand: that one takes what is there.
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

/// `target/debug` or `target/release`: the folder of this executable, or the one above `deps`.
pub fn built() -> PathBuf {
    let executable = std::env::current_exe().unwrap_or_else(|e| panic!("cannot find this executable: {e}"));
    let folder = executable.parent().unwrap_or_else(|| panic!("{} has no folder", executable.display()));
    if folder.ends_with("deps") { folder.parent().unwrap_or(folder).to_owned() } else { folder.to_owned() }
}
