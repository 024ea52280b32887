//! The emulator as a process: listens, says that it is ready, ends at a signal.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::{Args, StartError};
use crate::http::connection::Loopback;
use crate::http::server;
use crate::service::emulator::Emulator;

/// Runs until a signal.
pub async fn run(args: Args) -> Result<(), StartError> {
    let (listen, state) = (args.listen, args.state.clone());
    let snapshot = args.snapshot()?;
    let speed = args.speed;
    let emulator = Arc::new(Emulator::new(args.options()?, snapshot));
    let mut terminate = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind(listen).await?;
    announce(&format!(
        "http://{}\nready: {} models in the hub, {speed}x time\n",
        listener.local_addr()?,
        emulator.hub().len()
    ))?;
    tokio::select! {
        ended = server::serve(Loopback::new(listener), Arc::clone(&emulator)) => ended?,
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    match state {
        Some(path) => save(&path, &emulator),
        None => Ok(()),
    }
}

/// Whoever started us may have stopped listening; that is no reason to fail.
fn announce(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Written beside and renamed, so that a crash leaves the old snapshot whole.
fn save(path: &Path, emulator: &Emulator) -> Result<(), StartError> {
    let failed = |error: std::io::Error| StartError::Snapshot { path: path.to_owned(), reason: error.to_string() };
    let text = serde_json::to_vec(&emulator.snapshot()).map_err(|error| failed(error.into()))?;
    let draft = path.with_extension("draft");
    std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, path)).map_err(failed)
}
