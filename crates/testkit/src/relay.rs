//! A relay to a server that can drop connections silently, like a load balancer does: they stay open, but carry no more
//! data.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A relay on loopback. New connections always work.
pub struct Relay {
    port: u16,
    /// How often the open connections were dropped.
    forgotten: Arc<watch::Sender<usize>>,
}

impl Relay {
    /// Starts one in front of a port.
    pub async fn start(to: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let forgotten = Arc::new(watch::Sender::new(0));
        let connections = forgotten.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(pass_on(from_client, to_server, connections.subscribe()));
                tokio::spawn(pass_on(from_server, to_client, connections.subscribe()));
            }
        });
        Self { port, forgotten }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Silently drops the connections that are open now.
    pub fn forget(&self) {
        self.forgotten.send_modify(|times| *times += 1);
    }
}

async fn pass_on(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut forgotten: watch::Receiver<usize>,
) {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut bytes) => read,
            Ok(()) = forgotten.changed() => std::future::pending().await,
        };
        match read {
            Ok(count @ 1..) if to.write_all(&bytes[..count]).await.is_ok() => {}
            _ => return,
        }
    }
}
