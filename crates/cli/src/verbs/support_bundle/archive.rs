//! Files as a compressed archive.

use std::fs::{File, OpenOptions};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use tar::{Builder, Header};

use super::document::Document;

/// Writes the documents into a folder of the archive. Only the user may read it. An existing archive is replaced.
pub(super) fn write(file: &Path, folder: &str, documents: &[Document], now: Timestamp) -> std::io::Result<()> {
    let named = |error: std::io::Error| std::io::Error::new(error.kind(), format!("{}: {error}", file.display()));
    let mut archive = Builder::new(GzEncoder::new(create(file).map_err(named)?, Compression::default()));
    for document in documents {
        let bytes = document.bytes()?;
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(u64::try_from(now.as_second()).unwrap_or_default());
        archive.append_data(&mut header, format!("{folder}/{}", document.path), bytes.as_slice())?;
    }
    archive.into_inner()?.finish()?.sync_all()
}

#[cfg(unix)]
fn create(file: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)
}

#[cfg(not(unix))]
fn create(file: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).open(file)
}
