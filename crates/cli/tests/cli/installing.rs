//! The archive of a release, installed as krew does it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use testkit::programs::ROOT;

use super::{PLUGIN, Place, said};
use samples::results::complete;

fn run(command: &mut Command) -> String {
    let done = said(command);
    assert_eq!(done.code, 0, "{command:?}: {done:?}");
    done.out
}

/// The files of a folder and below it, with `/` between folders.
fn files(folder: &Path) -> Vec<String> {
    let listed = run(Command::new("find").arg(folder).args(["-not", "-type", "d", "-printf", "%P\n"]));
    listed.lines().map(str::to_owned).collect()
}

/// Whether a pattern of krew's manifest, whose last part may be `*`, names a file.
fn names(pattern: &str, file: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(folder) => file.strip_prefix(folder).is_some_and(|rest| !rest.contains('/')),
        None => pattern == file,
    }
}

#[tokio::test]
async fn the_archive_has_what_the_manifest_for_krew_installs_and_kubectl_completes_with_it() {
    let place = Place::new("krew").await;
    place.put("caltech256", &complete()).await;
    let folder = tempfile::tempdir().unwrap();
    // Programs for other platforms are not built here; another file stands for them.
    let other = format!("{ROOT}/hack/krew.sh");
    for (program, os, arch) in [
        (PLUGIN, "linux", "amd64"),
        (other.as_str(), "linux", "arm64"),
        (other.as_str(), "darwin", "amd64"),
        (other.as_str(), "darwin", "arm64"),
    ] {
        let pack = format!("{ROOT}/hack/plugin-archive.sh");
        run(Command::new(pack).args([program, os, arch]).arg(folder.path()));
    }
    let manifest = run(Command::new(format!("{ROOT}/hack/krew.sh")).arg("1.2.3").arg(folder.path()));
    let manifest: Value = serde_saphyr::from_str(&manifest).unwrap();
    assert_eq!(manifest["spec"]["version"], "v1.2.3");
    for platform in manifest["spec"]["platforms"].as_array().unwrap() {
        let archive = platform["uri"].as_str().unwrap();
        let (address, archive) = archive.rsplit_once('/').unwrap();
        assert!(address.ends_with("/releases/download/v1.2.3"), "{address}");
        let sum = run(Command::new("sha256sum").arg(folder.path().join(archive)));
        assert_eq!(platform["sha256"].as_str(), sum.split(' ').next(), "{archive}");
        let unpacked = tempfile::tempdir().unwrap();
        run(Command::new("tar").arg("-xzf").arg(folder.path().join(archive)).arg("-C").arg(unpacked.path()));
        let there = files(unpacked.path());
        for file in platform["files"].as_array().unwrap() {
            let pattern = file["from"].as_str().unwrap();
            assert!(there.iter().any(|file| names(pattern, file)), "{archive} has no {pattern}: {there:?}");
        }
        assert!(there.contains(&platform["bin"].as_str().unwrap().to_owned()), "{there:?}");
    }
    completes(&place, folder.path());
}

/// kubectl finds the plugin and its completions on the PATH.
fn completes(place: &Place, archives: &Path) {
    let installed = tempfile::tempdir().unwrap();
    let archive = archives.join("kubectl-modelselection-linux-amd64.tar.gz");
    run(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(installed.path()));
    let (programs, bin) = (installed.path(), installed.path().join("bin"));
    // The short name, as the caveats of the manifest say: krew refuses an archive with a link.
    std::os::unix::fs::symlink("kubectl-modelselection", programs.join("kubectl-msel")).unwrap();
    let path = format!("{}:{}:{}", programs.display(), bin.display(), std::env::var("PATH").unwrap());
    for name in ["modelselection", "msel"] {
        let words = ["__complete", name, "status", "-n", &place.namespace, "cal"];
        let mut kubectl = Command::new("kubectl");
        kubectl.args(words).env("PATH", &path).env("KUBECONFIG", place.plane.kubeconfig());
        let completed = run(&mut kubectl);
        assert!(completed.contains("caltech256\t5/5") && completed.contains("\n:4\n"), "{completed}");
    }
}
