//! The documented check for names, `dig NAME +short`, played against the lab's name servers
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>).

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// How long one question may take; a person has more patience than an edge.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many aliases are followed.
const ALIASES: usize = 8;
/// The id of every question; nobody forges answers here.
const ID: u16 = 502;

/// What dig prints when no server answers.
const NO_ANSWER: &str = ";; no servers could be reached";

/// The lines that `dig @server NAME A +short` prints: aliases with a final dot, then addresses; none for a name without
/// either, whatever the reason.
pub(super) async fn dig(server: SocketAddr, name: &str) -> Vec<String> {
    let Ok(mut name) = Name::from_ascii(name) else { return Vec::new() };
    name.set_fqdn(true);
    let mut lines = Vec::new();
    for _ in 0..ALIASES {
        let answered = timeout(PATIENCE, ask(server, &name)).await;
        let Ok(Ok(answer)) = answered else {
            lines.push(NO_ANSWER.to_owned());
            break;
        };
        let records = answer.answers.iter().filter(|record| record.name == name);
        let records: Vec<&RData> = records.map(|record| &record.data).collect();
        lines.extend(records.iter().map(ToString::to_string));
        match records.as_slice() {
            [RData::CNAME(alias)] => name = alias.0.clone(),
            _ => break,
        }
    }
    lines
}

/// The first address in what dig printed.
pub(super) fn first_address(lines: &[String]) -> Option<IpAddr> {
    lines.iter().find_map(|line| line.parse().ok())
}

/// Asks over UDP and, if the answer is truncated, over TCP.
async fn ask(server: SocketAddr, name: &Name) -> io::Result<Message> {
    let mut message = Message::new(ID, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name.clone(), RecordType::A));
    let question = message.to_vec().map_err(io::Error::other)?;
    let answer = over_udp(server, &question).await?;
    if answer.metadata.truncation { over_tcp(server, &question).await } else { Ok(answer) }
}

/// The first message with the right id; others are passed over, as dig does.
async fn over_udp(server: SocketAddr, question: &[u8]) -> io::Result<Message> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    socket.connect(server).await?;
    socket.send(question).await?;
    let mut buffer = vec![0; 4_096];
    loop {
        let length = socket.recv(&mut buffer).await?;
        match Message::from_vec(&buffer[..length]) {
            Ok(message) if message.metadata.id == ID => return Ok(message),
            _ => {}
        }
    }
}

async fn over_tcp(server: SocketAddr, question: &[u8]) -> io::Result<Message> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_u16(u16::try_from(question.len()).map_err(io::Error::other)?).await?;
    stream.write_all(question).await?;
    let mut answer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut answer).await?;
    Message::from_vec(&answer).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use edge502_origin::{DnsAnswer, NameServer, Zone};

    use super::*;

    async fn printed(answer: DnsAnswer) -> Vec<String> {
        let zone: Zone = toml::from_str(
            "'www.shop.test' = 'CNAME lb.test'\n'lb.test' = ['A 203.0.113.10', 'A 203.0.113.11', 'AAAA 2001:db8::10']",
        )
        .unwrap();
        let server = NameServer::start(answer, zone).await.unwrap();
        dig(server.address(), "www.shop.test").await
    }

    #[tokio::test]
    async fn it_prints_what_dig_prints() {
        let all = ["lb.test.", "203.0.113.10", "203.0.113.11"];
        assert_eq!(printed(DnsAnswer::Address).await, all);
        assert_eq!(printed(DnsAnswer::Truncated).await, all);
        assert!(printed(DnsAnswer::NoSuchName).await.is_empty());
        assert!(printed(DnsAnswer::ServerFailure).await.is_empty());
        assert_eq!(printed(DnsAnswer::TruncatedWithoutTcp).await, [NO_ANSWER]);
    }

    #[tokio::test]
    async fn an_alias_that_leads_nowhere_is_printed_and_one_in_a_circle_ends() {
        let zone: Zone = toml::from_str("'a.test' = 'CNAME gone.test'\n'b.test' = 'CNAME b.test'").unwrap();
        let server = NameServer::start(DnsAnswer::Address, zone).await.unwrap();
        assert_eq!(dig(server.address(), "a.test").await, ["gone.test."]);
        assert_eq!(dig(server.address(), "b.test").await.len(), ALIASES);
    }

    #[test]
    fn aliases_are_no_addresses() {
        let lines = ["lb.test.".to_owned(), "203.0.113.10".to_owned()];
        assert_eq!(first_address(&lines), Some(IpAddr::from([203, 0, 113, 10])));
        assert_eq!(first_address(&lines[..1]), None);
    }
}
