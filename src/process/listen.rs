//! The sockets that the process listens on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

use super::exit_reason::Error;

/// The default address of the probes.
const DEFAULT_HTTP: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 8080);

/// The socket of the probes. A configured address must be free; the default port may be in use by another program on
/// the same machine, which is no reason to fail.
pub(super) async fn of_probes(asked: Option<SocketAddr>) -> Result<TcpListener, Error> {
    if let Some(address) = asked {
        return on(address, "--http-listen").await;
    }
    match TcpListener::bind(&*addresses(DEFAULT_HTTP)).await {
        Ok(listener) => Ok(listener),
        Err(error) => {
            tracing::warn!(%error, "port {} is in use; the probes use another one", DEFAULT_HTTP.port());
            Ok(TcpListener::bind(&*addresses(SocketAddr::new(DEFAULT_HTTP.ip(), 0))).await?)
        }
    }
}

/// The socket on an address that a flag names.
pub(super) async fn on(address: SocketAddr, flag: &str) -> Result<TcpListener, Error> {
    let cannot_listen = |error| format!("cannot listen on {address} ({flag}): {error}");
    Ok(TcpListener::bind(&*addresses(address)).await.map_err(cannot_listen)?)
}

/// The addresses to try, in order: the IPv6 wildcard, which also covers IPv4, cannot be bound where IPv6 is disabled.
fn addresses(asked: SocketAddr) -> Vec<SocketAddr> {
    let of_ipv4 = (asked.ip() == Ipv6Addr::UNSPECIFIED).then(|| (Ipv4Addr::UNSPECIFIED, asked.port()).into());
    std::iter::once(asked).chain(of_ipv4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn listens_on_ipv6_and_ipv4_or_on_the_only_one_available() {
        assert_eq!(addresses("[::]:80".parse().unwrap()), ["[::]:80".parse().unwrap(), "0.0.0.0:80".parse().unwrap()]);
        assert_eq!(addresses("127.0.0.1:80".parse().unwrap()), ["127.0.0.1:80".parse().unwrap()]);
        let listener = of_probes(Some("[::]:0".parse().unwrap())).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in ["127.0.0.1", "::1"] {
            // A machine without IPv6 has no such address.
            if TcpListener::bind((host, 0)).await.is_ok() {
                tokio::net::TcpStream::connect((host, port)).await.unwrap_or_else(|e| panic!("{host}: {e}"));
            }
        }
    }
}
