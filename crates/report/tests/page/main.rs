//! The page of selections as they are in practice, small and large, well and ill.

mod browser;
mod content;
mod samples;
