//! A TCP port of 127.0.0.1 that stays the origin's own, whether anything listens on it or not.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

/// Pending connections the kernel keeps for an origin that serves.
const BACKLOG: i32 = 128;

/// How long one connection attempt may take before the queue counts as full.
const FULL_AFTER: Duration = Duration::from_millis(50);

/// A reserved port.
///
/// The reserving socket is bound and never listens, so that connecting is refused and the kernel gives the number to
/// nobody else. A listener is a second socket on the same number; address reuse permits that as long as only one of
/// them listens.
#[derive(Debug)]
pub(crate) struct Port {
    addr: SocketAddr,
    _reservation: Socket,
}

impl Port {
    /// Reserves the port, or any free one for 0.
    pub(crate) fn reserve(port: u16) -> io::Result<Self> {
        let socket = bound_socket(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        let addr = socket.local_addr()?.as_socket().expect("a socket bound to an IPv4 address has one");
        Ok(Self { addr, _reservation: socket })
    }

    pub(crate) const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Starts listening.
    pub(crate) fn listen(&self) -> io::Result<TcpListener> {
        self.listen_with(BACKLOG)
    }

    /// Starts listening with a queue that is full: Linux drops every further SYN, as a filtering firewall does.
    pub(crate) async fn blackhole(&self) -> io::Result<Blackhole> {
        let listener = self.listen_with(0)?;
        let mut fillers = Vec::new();
        while let Ok(filler) = tokio::time::timeout(FULL_AFTER, TcpStream::connect(self.addr)).await {
            fillers.push(filler?);
        }
        Ok(Blackhole { _listener: listener, _fillers: fillers })
    }

    fn listen_with(&self, backlog: i32) -> io::Result<TcpListener> {
        let socket = bound_socket(self.addr)?;
        socket.listen(backlog)?;
        TcpListener::from_std(socket.into())
    }
}

/// A listener that never completes a connection, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Blackhole {
    _listener: TcpListener,
    _fillers: Vec<TcpStream>,
}

/// A port of 127.0.0.1 behind a firewall that drops: connecting to it never completes. Linux only.
#[derive(Debug)]
pub struct Filtered {
    port: Port,
    _blackhole: Blackhole,
}

impl Filtered {
    /// Takes a free port.
    pub async fn start() -> io::Result<Self> {
        let port = Port::reserve(0)?;
        let blackhole = port.blackhole().await?;
        Ok(Self { port, _blackhole: blackhole })
    }

    /// The port.
    pub fn address(&self) -> SocketAddr {
        self.port.addr()
    }
}

fn bound_socket(addr: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reserved_port_refuses_until_it_listens_and_again_afterwards() {
        let port = Port::reserve(0).unwrap();
        let refused = || async { TcpStream::connect(port.addr()).await.map_err(|error| error.kind()).err() };
        assert_eq!(refused().await, Some(io::ErrorKind::ConnectionRefused));
        let listener = port.listen().unwrap();
        assert_eq!(refused().await, None);
        drop(listener);
        assert_eq!(refused().await, Some(io::ErrorKind::ConnectionRefused));
    }

    #[tokio::test]
    async fn a_blackhole_completes_no_connection() {
        let port = Port::reserve(0).unwrap();
        let _blackhole = port.blackhole().await.unwrap();
        let attempt = tokio::time::timeout(Duration::from_millis(100), TcpStream::connect(port.addr()));
        assert!(attempt.await.is_err(), "the connection was completed or refused");
    }
}
