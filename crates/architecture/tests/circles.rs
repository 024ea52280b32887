//! No circles between the files of a crate.

use std::fs;
use std::path::{Path, PathBuf};

use architecture::modules::Crate;
use architecture::uses::{Arrow, arrows};
use architecture::{circles::circles, root};

/// Folders whose files may still use each other in a circle. Make it shorter, never longer.
const STILL_CIRCULAR: &[&str] = &[
    "src/controller",
    "crates/catalog",
    "crates/decide/src/derived/mod.rs",
    "crates/decide/src/front.rs",
    "crates/decide/src/summary.rs",
];

/// The root files of all crates, relative to the repository.
fn crates() -> Vec<PathBuf> {
    let folders = fs::read_dir(root().join("crates")).expect("crates").map(|entry| entry.expect("an entry").path());
    let mut roots: Vec<PathBuf> = folders
        .flat_map(|folder| [folder.join("src/lib.rs"), folder.join("src/main.rs")])
        .chain(["src/lib.rs", "src/main.rs", "demo/main.rs", "xtask/src/main.rs"].map(|file| root().join(file)))
        .filter(|file| file.exists())
        .collect();
    roots.sort();
    roots
}

fn arrows_of(file: &Path) -> Vec<Arrow> {
    arrows(&Crate::read(file).unwrap_or_else(|error| panic!("{error}")))
}

fn shown(folder: &Path, circle: &[&Arrow]) -> String {
    let folder = folder.strip_prefix(root()).unwrap_or(folder);
    let lines = circle.iter().map(|arrow| {
        let (from, to) = (folder.join(&arrow.from), folder.join(&arrow.to));
        format!("  {}:{} -> {} ({})\n", from.display(), arrow.line, to.display(), arrow.path)
    });
    lines.collect()
}

#[test]
fn no_files_of_a_crate_use_each_other_in_a_circle() {
    let mut found = Vec::new();
    for file in crates() {
        let folder = file.parent().expect("a folder");
        let all = arrows_of(&file);
        let exempt = |file: &Path| STILL_CIRCULAR.iter().any(|part| folder.join(file).starts_with(root().join(part)));
        let counted: Vec<Arrow> = all.into_iter().filter(|arrow| !(exempt(&arrow.from) && exempt(&arrow.to))).collect();
        found.extend(circles(&counted).iter().map(|circle| shown(folder, circle)));
    }
    assert!(found.is_empty(), "{} circles; move what both sides need below them:\n{}", found.len(), found.join("\n"));
}

/// A crate in a folder of its own.
fn sample(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    }
    folder
}

fn arrows_in(files: &[(&str, &str)]) -> Vec<String> {
    let folder = sample(files);
    let found = arrows_of(&folder.path().join("lib.rs"));
    found.iter().map(|a| format!("{}:{} -> {} ({})", a.from.display(), a.line, a.to.display(), a.path)).collect()
}

#[test]
fn a_name_leads_to_the_file_that_defines_it() {
    let root = "mod a; mod b;\npub use a::{Kind, inner::*};\n";
    let a = ("a.rs", "pub mod inner;\npub enum Kind { One }\npub fn make() {}\n");
    let inner = ("a/inner.rs", "pub struct Deep;\n");
    let found = |b: &'static str| {
        let all = arrows_in(&[("lib.rs", root), a, inner, ("b.rs", b)]);
        all.into_iter().filter(|arrow| arrow.starts_with("b.rs")).collect::<Vec<_>>()
    };
    assert_eq!(found("use crate::Kind;"), ["b.rs:1 -> a.rs (crate::Kind)"]);
    assert_eq!(found("use crate::Deep as D;"), ["b.rs:1 -> a/inner.rs (crate::Deep)"]);
    assert_eq!(found("use super::a;\nfn f() { a::make() }"), ["b.rs:2 -> a.rs (a::make)"]);
    assert_eq!(
        found("use crate::a::{self as x, inner};\nfn f(_: inner::Deep) {}"),
        ["b.rs:2 -> a/inner.rs (inner::Deep)"]
    );
    assert_eq!(found("pub use crate::a::Kind;"), [""; 0], "an export is no use");
    assert_eq!(found("pub use crate::a::Kind;\nfn f(_: Kind) {}"), ["b.rs:2 -> a.rs (Kind)"]);
    assert_eq!(found("use super::a;"), [""; 0], "a module that is not used");
    assert_eq!(found("use crate::a::*;"), ["b.rs:1 -> a.rs (crate::a::*)"]);
    assert_eq!(found("fn f() { println!(\"{:?}\", crate::Kind::One) }"), ["b.rs:1 -> a.rs (crate::Kind::One)"]);
    assert_eq!(found("#[serde(with = \"crate::a::make\")]\nstruct S;"), ["b.rs:1 -> a.rs (crate::a::make)"]);
    assert_eq!(found("#[cfg(test)]\nmod tests { use crate::Kind; }\nuse std::fmt;"), [""; 0], "tests, other crates");
}

#[test]
fn a_circle_is_shown_by_its_arrows() {
    let folder = sample(&[
        ("lib.rs", "mod a;\nmod b;\nmod c;\npub use a::A;"),
        ("a.rs", "use crate::b::B;\npub struct A(B);"),
        ("b.rs", "use crate::c::C;\npub struct B(C);"),
        ("c.rs", "pub struct C(Box<crate::A>);"),
    ]);
    let all = arrows_of(&folder.path().join("lib.rs"));
    let found = circles(&all);
    assert_eq!(found.len(), 1);
    assert_eq!(
        shown(Path::new("x"), &found[0]),
        "  x/a.rs:1 -> x/b.rs (crate::b::B)\n  x/b.rs:1 -> x/c.rs (crate::c::C)\n  x/c.rs:1 -> x/a.rs (crate::A)\n"
    );
}
