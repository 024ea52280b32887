//! The emulator's process: listens, reports that it is ready, exits on a signal.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::{Args, StartError};
use crate::events::sender::Target;
use crate::events::watcher::Watcher;
use crate::http::connection::Loopback;
use crate::http::server;
use crate::service::emulator::Emulator;

/// How often the state is checked for events, in real time.
const LOOK: Duration = Duration::from_millis(100);

/// Runs until a signal.
pub async fn run(args: Args) -> Result<(), StartError> {
    let (listen, state, events) = (args.listen, args.state.clone(), args.events_url.clone());
    let training_jobs = !args.no_training_job_events;
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
    if let Some(target) = events {
        tokio::spawn(tell(Arc::clone(&emulator), target, training_jobs));
    }
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

/// Checks for changes as long as the process runs, and sends the events in order.
async fn tell(emulator: Arc<Emulator>, target: Target, training_jobs: bool) {
    let account = emulator.settings().account.clone();
    let mut watcher = Watcher::new(&emulator.world(), &account, emulator.clock().now(), training_jobs);
    let mut ticks = tokio::time::interval(LOOK);
    loop {
        ticks.tick().await;
        let events = watcher.look(&emulator.world(), &account, emulator.clock().now());
        for event in events {
            target.send(&event).await;
        }
    }
}

/// The program that started us may have stopped reading; that is no reason to fail.
fn announce(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Written to a temporary file and renamed, so that a crash keeps the old snapshot intact.
fn save(path: &Path, emulator: &Emulator) -> Result<(), StartError> {
    let failed = |error: std::io::Error| StartError::Snapshot { path: path.to_owned(), reason: error.to_string() };
    let text = serde_json::to_vec(&emulator.snapshot()).map_err(|error| failed(error.into()))?;
    let draft = path.with_extension("draft");
    std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, path)).map_err(failed)
}
