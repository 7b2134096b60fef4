//! The port inside on which the host accepts.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::OwnedFd;

/// Where the proxy is found inside. The namespace has no other listener when it is opened.
pub(crate) const PORT: u16 = 3128;

/// Opens the port of the proxy in this network namespace.
pub(super) fn open() -> io::Result<OwnedFd> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, PORT))?.into())
}
