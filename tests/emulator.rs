//! The emulator as its users meet it: the built program, over HTTP. Time moves only by hand, so nothing here waits.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "emulator/errors.rs"]
mod errors;
#[path = "emulator/harness.rs"]
mod harness;
#[path = "emulator/jumpstart.rs"]
mod jumpstart;
#[path = "emulator/life.rs"]
mod life;
#[path = "emulator/lists.rs"]
mod lists;
#[path = "emulator/process.rs"]
mod process;
