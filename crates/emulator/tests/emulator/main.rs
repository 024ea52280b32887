//! The emulator as its users meet it: the built program, over HTTP. Time moves only by hand, so nothing here waits.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adversary;
mod clients;
mod errors;
mod events;
mod first_party;
mod harness;
mod jumpstart;
mod life;
mod lists;
mod process;
