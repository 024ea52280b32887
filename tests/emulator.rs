//! Drives the built emulator.
