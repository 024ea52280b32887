//! Runs as compressed text.

use std::io::Write as _;

use api::RunStatus;
use flate2::Compression;
use flate2::write::{DeflateDecoder, DeflateEncoder};

/// The runs of a selection as compressed JSON: a run takes a thirtieth of what it takes as values.
#[derive(Clone, Debug)]
pub(crate) struct CompressedRuns(Box<[u8]>);

impl CompressedRuns {
    pub(crate) fn of(runs: &[RunStatus]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        serde_json::to_writer(&mut encoder, runs).expect("runs are JSON, and memory can be written");
        Self(encoder.finish().expect("memory can be written").into())
    }

    /// # Panics
    /// Never: the text is our own.
    pub(crate) fn runs(&self) -> Vec<RunStatus> {
        let mut decoder = DeflateDecoder::new(Vec::new());
        decoder.write_all(&self.0).expect("the text is our own");
        serde_json::from_slice(&decoder.finish().expect("the text is our own")).expect("the text is our own")
    }
}
