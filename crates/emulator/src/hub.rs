//! The public `JumpStart` hub and its older metadata in S3.

pub mod catalogue;
pub mod document;
pub mod generated;
pub mod hosting;
pub mod hyperparameters;
pub mod images;
pub mod metadata;
pub mod model;
