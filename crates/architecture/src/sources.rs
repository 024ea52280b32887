//! The source files of the workspace.

use std::fs;
use std::path::PathBuf;

use crate::root;

/// The Rust files below a folder of the repository, by their path in it, with their text. This crate's own are left
/// out, since they name what they forbid.
///
/// # Panics
///
/// If a file cannot be read, or if there is none.
pub fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = root();
    let mut folders = vec![root.join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap_or_else(|e| panic!("{}: {e}", folder.display())).path();
            if path.is_dir() && path != root.join("crates/architecture") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                files.push((path.strip_prefix(&root).unwrap_or(&path).to_owned(), text));
            }
        }
    }
    assert!(!files.is_empty(), "no sources in {folder}");
    files
}
