//! The order in which a request is treated.

pub mod calls;
pub mod emulator;
pub mod falsify;
pub mod faults;
pub mod objects;
pub mod protocol;
pub mod rates;
