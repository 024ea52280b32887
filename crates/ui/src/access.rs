//! Who may see the pages.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, Uri, header};
use kube::Client;
use thiserror::Error;

use crate::caller::{Caller, Token};
use crate::host::{host, is_this_machine};
use crate::refusal::Refusal;
use crate::reviews::{Permission, Reviews};

/// Who may see the pages.
pub struct Access(Kind);

enum Kind {
    /// Everyone who can reach the address, which is only reachable from this machine.
    ThisMachine,
    /// Callers with a token of the cluster, within its permissions.
    Reviewed(Reviews),
}

/// The address is reachable from other machines, and authentication is off.
#[derive(Debug, Error)]
#[error(
    "--ui-listen {0} can be reached from other machines: add --ui-authenticate, so that each request needs a token of the cluster, or listen on 127.0.0.1 and use kubectl port-forward"
)]
pub struct Exposed(SocketAddr);

/// Whether the pages may be served on `address`.
///
/// # Errors
/// If the address is reachable from other machines and authentication is off.
pub fn check(address: SocketAddr, authenticate: bool) -> Result<(), Exposed> {
    if authenticate || is_loopback(address.ip()) { Ok(()) } else { Err(Exposed(address)) }
}

/// An IPv4 address in IPv6 notation is treated as IPv4.
fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

impl Access {
    /// For everyone who can reach `address`, or with `authenticate` for callers whose token the API server accepts,
    /// within their permissions on selections.
    ///
    /// # Errors
    /// See [`check`].
    pub fn new(address: SocketAddr, authenticate: bool, client: Client) -> Result<Self, Exposed> {
        check(address, authenticate)?;
        Ok(Self(if authenticate { Kind::Reviewed(Reviews::new(client)) } else { Kind::ThisMachine }))
    }

    /// The caller of a request, as far as the access mode needs it.
    pub(crate) async fn caller(&self, uri: &Uri, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        match &self.0 {
            Kind::ThisMachine => {
                let host = host(uri, text(header::HOST));
                let refused = || Refusal::Host { host: api::message(host, 100) };
                if is_this_machine(host) { Ok(Caller::ThisMachine) } else { Err(refused()) }
            }
            Kind::Reviewed(reviews) => {
                let token = Token::from_header(text(header::AUTHORIZATION)).ok_or(Refusal::NoToken)?;
                reviews.user(&token).await?;
                Ok(Caller::User(token))
            }
        }
    }

    /// Whether the caller has the permission, according to the latest review.
    pub(crate) async fn may(&self, caller: &Caller, permission: &Permission) -> Result<(), Refusal> {
        match (&self.0, caller) {
            (Kind::Reviewed(reviews), Caller::User(token)) => reviews.may(token, permission).await,
            (Kind::Reviewed(_), Caller::ThisMachine) => Err(Refusal::NoToken),
            (Kind::ThisMachine, _) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_are_let_in_with_a_token_only() {
        for address in ["127.0.0.1:80", "127.9.9.9:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
            assert!(check(address.parse().unwrap(), false).is_ok(), "{address}");
        }
        for address in ["0.0.0.0:80", "[::]:80", "10.0.0.1:80", "[::ffff:10.0.0.1]:80"] {
            let address = address.parse().unwrap();
            let refused = check(address, false).unwrap_err().to_string();
            assert!(refused.contains("--ui-authenticate") && refused.contains(&address.to_string()), "{refused}");
            assert!(check(address, true).is_ok());
        }
    }
}
