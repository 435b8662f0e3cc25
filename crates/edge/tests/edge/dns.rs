//! Names that do not resolve, against a name server made of a few bytes.

use std::net::SocketAddr;

use edge502_edge::{Edge, Overrides};
use edge502_rules::Cause;
use edge502_rules::distribution::IpAddressType;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use crate::support::*;

/// Type codes of RFC 1035 section 3.2.2 and RFC 3596 section 2.1.
const A: u16 = 1;
const AAAA: u16 = 28;

/// Answers each question with a response code and, for the listed types, a loopback address. `None`: says nothing.
struct NameServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl NameServer {
    async fn start(code: Option<u8>, types: &'static [u16]) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut buffer = [0; 1_500];
            loop {
                let (length, peer) = socket.recv_from(&mut buffer).await.unwrap();
                if let Some(code) = code {
                    socket.send_to(&answer(&buffer[..length], code, types), peer).await.unwrap();
                }
            }
        });
        Self { address, task }
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn answer(query: &[u8], code: u8, types: &[u16]) -> Vec<u8> {
    let name = query[12..].iter().position(|byte| *byte == 0).unwrap();
    let question = &query[12..12 + name + 5];
    let kind = u16::from_be_bytes([question[name + 1], question[name + 2]]);
    let found = types.contains(&kind);
    let mut message = [&query[..2], &[0x81, 0x80 | code, 0, 1, 0, u8::from(found), 0, 0, 0, 0], question].concat();
    if found {
        let data: &[u8] = if kind == A { &[127, 0, 0, 1] } else { &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] };
        message.extend([0xc0, 0x0c]);
        message.extend(kind.to_be_bytes());
        message.extend([0, 1, 0, 0, 0, 60, 0, u8::try_from(data.len()).unwrap()]);
        message.extend(data);
    }
    message
}

async fn ask(server: &NameServer, family: IpAddressType, port: u16) -> (u16, Option<Cause>) {
    let mut config = config(SocketAddr::from(([127, 0, 0, 1], port)));
    config.overrides = Overrides::new();
    config.name_servers = vec![server.address];
    config.distribution.origins[0].custom.http_port = port;
    config.distribution.origins[0].custom.ip_address_type = family;
    let edge = Edge::start(config).await.unwrap();
    let mut events = edge.events();
    let response = once(&edge, &get("/")).await;
    let told = next(&mut events).await;
    edge.shutdown().await;
    (status(&response), told.cause)
}

#[tokio::test]
async fn each_failure_of_dns_has_its_cause() {
    for (code, types, cause) in [
        (Some(3), &[][..], Cause::DnsNoSuchName),
        (Some(0), &[], Cause::DnsNoAddress),
        (Some(0), &[AAAA], Cause::DnsNoAddress),
        (Some(2), &[], Cause::DnsServerFailure),
        (Some(5), &[], Cause::DnsServerFailure),
        (None, &[], Cause::DnsTimeout),
    ] {
        let server = NameServer::start(code, types).await;
        assert_eq!(ask(&server, IpAddressType::Ipv4, 80).await, (502, Some(cause)), "{code:?} {types:?}");
    }
}

#[tokio::test]
async fn the_address_family_decides_which_records_count() {
    let stub = Stub::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let port = stub.address.port();
    let server = NameServer::start(Some(0), &[A]).await;
    assert_eq!(ask(&server, IpAddressType::Ipv4, port).await, (200, None));
    assert_eq!(ask(&server, IpAddressType::Dualstack, port).await, (200, None));
    assert_eq!(ask(&server, IpAddressType::Ipv6, port).await, (502, Some(Cause::DnsNoAddress)));
}
