//! The host names that a server without authentication accepts.
//!
//! A page of any web site can have its own name resolved to 127.0.0.1 and then read the responses of a server there
//! ("DNS rebinding"). The browser still sends the name of that site, so a server for this machine accepts only the
//! names of this machine.

use std::net::IpAddr;

use axum::http::Uri;
use axum::http::uri::Authority;

/// Whether `host`, the value of the `Host` header, is this machine, with any port: a port forward may use
/// another one.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    // No DNS name can look like an IP address. A browser sends no user name.
    let is_address = name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    !host.contains('@') && (name.eq_ignore_ascii_case("localhost") || is_address)
}

/// The host of a request: from its URI if that has one, otherwise from the header.
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
