//! The pages in a real browser while a selection runs: `browser.mjs`, run from here. Pictures stay in `target/tmp/ui`.
#![allow(clippy::unwrap_used)] // a test may panic

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use api::ModelSelectionStatus;
use serde_json::Value;
use testkit::{Selection, World, shared};

use super::site::Site;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// The status of get.sh where there is no browser and none can be installed.
const IMPOSSIBLE: i32 = 3;

/// The example of 21 published models, with prices, in a namespace of the test.
fn example() -> Selection {
    let mut manifest: Value = serde_saphyr::from_str(include_str!("../../examples/caltech256.yaml")).unwrap();
    manifest["spec"]["prices"] = serde_json::json!({"ml.p3.2xlarge": "3.825"});
    Selection(manifest)
}

#[tokio::test]
async fn points_appear_while_a_selection_runs() {
    let get = Path::new(ROOT).join("crates/report/tests/browser/get.sh");
    let got = Command::new(get).stderr(Stdio::inherit()).output().expect("get.sh runs");
    if got.status.code() == Some(IMPOSSIBLE) {
        return;
    }
    assert!(got.status.success(), "get.sh failed; its messages are above");
    let site = Site::new();
    let environment = site.for_this_machine();
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (&**name, &**value)).collect();
    let world = World::start(shared().await, "vision", &["--speed", "0"], &environment).await;
    world.apply(&example()).await;
    let runs = |status: &ModelSelectionStatus| status.counts.is_some_and(|counts| counts.running > 0);
    world.await_status("caltech256", "its first jobs run", runs).await;
    let suspended = Selection::new("small-images").images(&["resnet", "densenet"]).with("/suspend", true.into());
    world.apply(&suspended).await;

    let pictures = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ui");
    fs::create_dir_all(&pictures).expect("a folder for the pictures");
    let output = Command::new("node")
        .arg("--test")
        .arg(Path::new(ROOT).join("tests/ui/browser.mjs"))
        .env("MODULES", String::from_utf8(got.stdout).expect("a path").trim())
        .env("PAGES", &pictures)
        .env("SITE", site.url("/ui"))
        .env("SELECTION", format!("{}/caltech256", world.namespace))
        .env("EMULATOR", world.emulator.url())
        .output()
        .expect("node runs");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    println!("{told}");
}
