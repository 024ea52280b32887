//! The page in a real browser: tests/browser/run.mjs, driven from here so that `cargo test` runs it.
