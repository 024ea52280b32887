//! The pages of realistic selections: small and large, successful and failing.

mod browser;
mod content;
mod samples;
