//! The pages of the selections, if they are enabled.

use std::net::SocketAddr;
use std::sync::Arc;

use kube::Client;

use super::args::Args;
use super::exit_reason::Error;
use super::{listen, permissions};
use crate::controller::{self, StoresPublisher};
use ::ui::Access;
use platform::readiness::Readiness;

/// Serves the pages until the process exits.
///
/// # Errors
/// If the address is not available, or requires authentication.
pub(super) async fn start(
    address: SocketAddr,
    authenticate: bool,
    client: &Client,
    stores_publisher: &StoresPublisher,
    readiness: &Arc<Readiness>,
) -> Result<(), Error> {
    let access = Access::new(address, authenticate, client.clone())?;
    let listener = listen::on(address, "--ui-listen").await?;
    tracing::info!(ui = %listener.local_addr()?, authenticate, "serving the pages of the selections at /ui");
    let router = ::ui::router(stores_publisher.subscribe(), access, client.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    if authenticate {
        tokio::spawn(permissions::watch_reviews(client.clone(), readiness.clone()));
    }
    Ok(())
}

/// If there are pages, publishes the selections while another process leads; until it is dropped.
pub(super) async fn stand_by(args: &Args, client: &Client, stores_publisher: &StoresPublisher) {
    match args.ui_listen {
        Some(_) => controller::stand_by(client, &args.namespaces, stores_publisher).await,
        None => std::future::pending().await,
    }
}
