//! A relay to a server: a network that a test cuts, or that drops connections silently, like a load balancer does (they
//! stay open, but carry no more data). It counts connections, so that a test can bound the attempts of a client.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncWrite, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A relay on loopback.
pub struct Relay {
    port: u16,
    state: Arc<watch::Sender<State>>,
    connections: Arc<AtomicUsize>,
}

#[derive(Clone, Copy, Default)]
struct State {
    /// How often the open connections were forgotten.
    forgotten: usize,
    is_cut: bool,
}

impl Relay {
    /// Starts one in front of a port.
    pub async fn start(to: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(watch::Sender::new(State::default()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (network, count) = (state.clone(), connections.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                if network.borrow().is_cut {
                    continue;
                }
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(pass_on(from_client, to_server, network.subscribe()));
                tokio::spawn(pass_on(from_server, to_client, network.subscribe()));
            }
        });
        Self { port, state, connections }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Number of connections so far, also of those that were refused.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Silently drops the connections that are open now. New ones work.
    pub fn forget(&self) {
        self.state.send_modify(|state| state.forgotten += 1);
    }

    /// Closes all connections, and refuses new ones.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.is_cut = true);
    }

    /// Ends [`Relay::cut`].
    pub fn mend(&self) {
        self.state.send_modify(|state| state.is_cut = false);
    }
}

async fn pass_on(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut network: watch::Receiver<State>,
) {
    let forgotten = network.borrow().forgotten;
    let disturbed =
        async { network.wait_for(|state| state.is_cut || state.forgotten > forgotten).await.map(|state| state.is_cut) };
    tokio::select! {
        _ = copy(&mut from, &mut to) => {}
        is_cut = disturbed => {
            if is_cut.is_ok_and(|is_cut| !is_cut) {
                // Both connections stay open.
                std::future::pending::<()>().await;
            }
        }
    }
}
