//! The page in a real browser: runs `tests/browser/all.mjs`, so that `cargo test` includes it.
//!
//! The pages and the browser's output stay in `target/tmp/report` for inspection.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::slice::from_ref;

use api::ModelSelection;
use modelselection_report::{Live, Model, Options, overview, report};

use super::samples;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser");
/// The exit status of get.sh if there is no browser and none can be installed.
const IMPOSSIBLE: i32 = 3;

#[test]
fn the_pages_work_in_a_browser() {
    let pages = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("report");
    write_pages(&pages);
    let get = Command::new(Path::new(FOLDER).join("get.sh")).stderr(Stdio::inherit()).output().expect("get.sh runs");
    if get.status.code() == Some(IMPOSSIBLE) {
        return;
    }
    assert!(get.status.success(), "get.sh failed; its messages are above");
    let modules = String::from_utf8(get.stdout).expect("a path");
    let output = Command::new("node")
        .arg("--test")
        .arg(Path::new(FOLDER).join("all.mjs"))
        .env("MODULES", modules.trim())
        .env("PAGES", &pages)
        .output()
        .expect("node runs");
    let output_text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output_text}\n{}", String::from_utf8_lossy(&output.stderr));
    println!("{output_text}");
}

fn write_pages(folder: &Path) {
    fs::create_dir_all(folder).expect("a folder for the pages");
    let write = |name: &str, text: String| fs::write(folder.join(name), text).expect("a page");
    let (done, running) = (samples::caltech256(), samples::running());
    write("caltech256.html", report(from_ref(&done), &samples::options()));
    write("running.html", report(from_ref(&running), &samples::options()));
    write("large.html", report(&[samples::large()], &samples::options()));
    write("hostile.html", report(&[samples::hostile()], &Options::default()));
    write("several.html", report(&[done.clone(), running.clone()], &samples::options()));
    let new = ModelSelection { status: None, ..done.clone() };
    write("new.html", report(&[new], &Options::default()));

    // The operator's responses: a page in an earlier state, and the events of the stream after more results.
    let live = Options { live: Some(Live { events: "/ui/events".into(), home: "/ui".into() }), ..Options::default() };
    write("live.html", report(&[samples::earlier(&running)], &live));
    write("live.json", Model::new(from_ref(&running), &live).json());
    write("list.html", overview(&[(&done).into()], &live));
    write("list.json", Model::overview(&[(&done).into(), (&running).into()], &live).json());
}
