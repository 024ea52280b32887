//! Which host names a server answers to that asks for no token.
//!
//! A page of any web site can have its own name resolved to 127.0.0.1 and then read what a server there says ("DNS
//! rebinding"). The browser still sends the name of that site, so a server for this machine answers to the names of this
//! machine only.

use std::net::IpAddr;

use axum::http::Uri;
use axum::http::uri::Authority;

/// Whether `host`, the value of the header of that name, means this machine; whatever the port, since a port forward has
/// its own.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    // No name can be made to look like an address. A browser sends no user name.
    let is_address = name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    !host.contains('@') && (name.eq_ignore_ascii_case("localhost") || is_address)
}

/// The host that a request is for: of the address if that has one, otherwise of the header.
pub(crate) fn host<'a>(uri: &'a Uri, header: Option<&'a str>) -> &'a str {
    uri.authority().map(Authority::as_str).or(header).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine() {
        for host in ["localhost", "localhost:8090", "LOCALHOST:1", "127.0.0.1:8090", "[::1]:8090", "[::1]", "127.9.9.9"]
        {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:8090",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "user@localhost",
            "localhost:8090/",
            "10.0.0.1",
            "[::]",
            "0.0.0.0:8090",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn the_address_comes_before_the_header() {
        assert_eq!(host(&"http://evil.example/ui".parse().unwrap(), Some("localhost")), "evil.example");
        assert_eq!(host(&"/ui".parse().unwrap(), Some("localhost")), "localhost");
        assert_eq!(host(&"/ui".parse().unwrap(), None), "");
    }
}
