//! S3, path-style and for anybody: `JumpStart`'s older metadata, and the buckets that clients make for themselves.

mod answer;
mod ask;
mod chunked;
mod wire;

pub use answer::{Answer, answer, delay};
pub use ask::Ask;
pub use wire::response;
