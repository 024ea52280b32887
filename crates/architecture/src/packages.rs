//! The packages of the workspace and what they depend on, as Cargo knows it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What a package depends on, by kind. Packages of the workspace are named by their folder (`crates/api` is `api`, the
/// root package is `operator`), all others by their name.
#[derive(Debug, Default)]
pub struct Package {
    /// Packages of the workspace that its programs and libraries need.
    pub own: BTreeSet<String>,
    /// Packages of the workspace that only its tests and benches need.
    pub own_in_tests: BTreeSet<String>,
    /// Packages from outside that its programs and libraries need.
    pub foreign: BTreeSet<String>,
    /// Features of `kube` that it asks for: its types need no client.
    pub kube: BTreeSet<String>,
}

/// The packages below a folder that has the workspace's `Cargo.toml`.
pub fn packages(root: &Path) -> Result<BTreeMap<String, Package>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--locked"]);
    let output = command.output().map_err(|error| format!("cannot run cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    Ok(packages.map(|package| (name(Path::new(text(&package["manifest_path"]))), read(package))).collect())
}

fn read(package: &Value) -> Package {
    let mut read = Package::default();
    for dependency in package["dependencies"].as_array().into_iter().flatten() {
        let in_tests = text(&dependency["kind"]) == "dev";
        match dependency["path"].as_str() {
            Some(folder) if in_tests => read.own_in_tests.insert(name(&Path::new(folder).join("Cargo.toml"))),
            Some(folder) => read.own.insert(name(&Path::new(folder).join("Cargo.toml"))),
            None if in_tests => continue,
            None => read.foreign.insert(text(&dependency["name"]).to_owned()),
        };
        if dependency["name"] == "kube" {
            let features = dependency["features"].as_array().into_iter().flatten();
            read.kube.extend(features.map(|feature| text(feature).to_owned()));
        }
    }
    read
}

/// The name of the folder, since that is what people say; the root's depends on where it was cloned to.
fn name(manifest: &Path) -> String {
    let folder = manifest.parent().unwrap_or(manifest);
    let is_root = folder.join("crates").is_dir();
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    if is_root { "operator".to_owned() } else { name.into_owned() }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
