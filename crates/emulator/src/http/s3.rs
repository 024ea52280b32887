//! S3, path-style and without access control: `JumpStart`'s older metadata, and the buckets that clients create.

mod answer;
mod ask;
mod chunked;
mod date;
mod range;
mod wire;

pub use answer::{Answer, answer, delay};
pub use ask::Ask;
pub use wire::response;
