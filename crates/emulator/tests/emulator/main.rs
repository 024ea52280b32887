//! Tests of the built emulator, over HTTP. The clock only advances manually, so that no test waits.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adversary;
mod clients;
mod errors;
mod events;
mod first_party;
mod harness;
mod jumpstart;
mod life;
mod limits;
mod lists;
mod objects;
mod process;
