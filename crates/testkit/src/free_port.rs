//! Loopback ports that stay reserved while the program that uses them is down.
//!
//! Ports are below the kernel's range for outgoing connections (32768 and up). Within that range a connection could
//! take the port of an API server that is being restarted; even the client that polls it could, by connecting to
//! itself. A locked file per port excludes other test processes.

use std::fs::{self, File, OpenOptions};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A port of 127.0.0.1 on which nothing else listens; reserved until this is dropped.
pub struct FreePort {
    number: u16,
    /// `None` if the claims belong to another user of the machine; then only probing protects the port.
    _claim: Option<File>,
}

impl FreePort {
    /// Reserves a port.
    pub fn reserve() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let claims = std::env::temp_dir().join("modelselection-test-ports");
        let _ = fs::create_dir_all(&claims);
        // Processes start at distant ports, so that they rarely collide.
        let start = std::process::id().wrapping_mul(97) % u32::from(COUNT);
        for _ in 0..COUNT {
            let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
            let offset = u16::try_from((start + step) % u32::from(COUNT)).expect("a remainder of COUNT fits into u16");
            let number = FIRST + offset;
            let file =
                OpenOptions::new().write(true).create(true).truncate(false).open(claims.join(number.to_string()));
            let claim = match file {
                Ok(file) if file.try_lock().is_ok() => Some(file),
                Ok(_) => continue,
                Err(_) => None,
            };
            if TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() {
                return Self { number, _claim: claim };
            }
        }
        panic!("none of the {COUNT} ports from {FIRST} on is free");
    }

    /// The port's number.
    pub fn number(&self) -> u16 {
        self.number
    }
}
