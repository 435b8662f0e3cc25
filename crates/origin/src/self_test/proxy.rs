//! What is stated about the PROXY protocol.

use std::net::SocketAddr;

use super::{PATIENCE, Subject, client, library, offer, verify};
use crate::{
    connection::PROXY_LINE,
    error::OriginError,
    history::PortKind,
    plan::Plan,
    self_test::client::{Finish, Heard},
    spec::ProxyProtocol,
};

/// First byte of a TLS handshake record (RFC 8446 section 5.1).
const HANDSHAKE_RECORD: u8 = 22;

/// A client that sends the line is served where it is expected, and one that does not is not. Where it is not expected,
/// it takes the place of the first bytes of everyone.
pub(super) async fn treated_as_stated(
    plan: &Plan,
    subject: &Subject<'_>,
    port: PortKind,
    addr: SocketAddr,
) -> Result<(), OriginError> {
    let first = match port {
        PortKind::Https => library::hello(&offer(plan, None))?,
        PortKind::Http => b"GET / HTTP/1.1\r\nHost: origin.test\r\nConnection: close\r\n\r\n".to_vec(),
    };
    let without = client::talk(addr, &first, PATIENCE).await;
    if plan.conduct(port).proxy_protocol == ProxyProtocol::Expected {
        let expected = Heard::only(Finish::Eof);
        verify("a connection without a PROXY line is closed", &expected, &without, without == expected)?;
        let with = client::talk_until_quiet(addr, &[PROXY_LINE, &first].concat()).await;
        return verify("one with a PROXY line is served", &"an answer", &with, is_answer(port, &with.bytes));
    }
    verify("nobody is understood behind a PROXY line", &"no answer", &without, !is_answer(port, &without.bytes))?;
    super::is_remembered(subject).await
}

fn is_answer(port: PortKind, bytes: &[u8]) -> bool {
    match port {
        PortKind::Https => bytes.first() == Some(&HANDSHAKE_RECORD),
        PortKind::Http => bytes.starts_with(b"HTTP/1.1 200"),
    }
}
