//! The HTTP server: the service, S3 and the emulator's own API.

pub mod admin;
pub mod connection;
pub mod query;
pub mod s3;
pub mod server;
pub mod xml;
