//! The handling of a request, step by step.

pub mod calls;
pub mod emulator;
pub mod falsify;
pub mod faults;
pub mod objects;
pub mod protocol;
pub mod rates;
