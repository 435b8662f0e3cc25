//! Names that do not resolve, against a name server made of a few bytes and against those of a lab.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use edge502_edge::{Edge, EdgeConfig, Overrides, Routes};
use edge502_origin::{DnsAnswer, NameServer as LabServer, Zone};
use edge502_rules::Cause;
use edge502_rules::distribution::IpAddressType;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use crate::support::*;

/// Type codes of RFC 1035 section 3.2.2 and RFC 3596 section 2.1.
const A: u16 = 1;
const AAAA: u16 = 28;

/// How long a name server on this machine may take.
const PATIENCE: Duration = Duration::from_millis(300);

/// Answers each question with a response code and, for the listed types, a loopback address. `None`: says nothing.
struct NameServer {
    address: SocketAddr,
    questions: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl NameServer {
    async fn start(code: Option<u8>, types: &'static [u16]) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let questions = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&questions);
        let task = tokio::spawn(async move {
            let mut buffer = [0; 1_500];
            loop {
                let (length, peer) = socket.recv_from(&mut buffer).await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                if let Some(code) = code {
                    socket.send_to(&answer(&buffer[..length], code, types), peer).await.unwrap();
                }
            }
        });
        Self { address, questions, task }
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
    config.name_server_patience = PATIENCE;
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
        // ConnectionAttempts is 3 here: it is about connections, and there was none.
        assert_eq!(server.questions.load(Ordering::SeqCst), 1, "{code:?} {types:?}: asked once");
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

/// A stub in a network of its own: 203.0.113.10 and `2001:db8::10` lead to it, 203.0.113.66 to nobody.
struct Internet {
    stub: Stub,
    refuses: SocketAddr,
}

impl Internet {
    async fn start() -> Self {
        // A port that was free a moment ago and is closed again.
        let refuses = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self {
            stub: Stub::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await,
            refuses,
        }
    }

    fn config(&self, servers: &[LabServer], attempts: u8) -> EdgeConfig {
        let mut config = config(self.stub.address);
        let origin = ["203.0.113.10:80", "[2001:db8::10]:80"].map(|address| address.parse().unwrap());
        config.overrides = Overrides::new();
        config.routes = origin
            .into_iter()
            .fold(Routes::leading(self.refuses), |routes, address| routes.port(address, self.stub.address));
        config.name_servers = servers.iter().map(LabServer::address).collect();
        config.name_server_patience = PATIENCE;
        config.distribution.origins[0].custom.http_port = 80;
        config.distribution.origins[0].connection_attempts = attempts;
        config
    }
}

/// A server for the origin's domain name with these records.
async fn lab_server(answer: DnsAnswer, records: &[&str]) -> LabServer {
    let records = records.iter().map(|record| record.parse().unwrap()).collect();
    let domain = config(SocketAddr::from(([127, 0, 0, 1], 1))).distribution.origins[0].domain_name.clone();
    LabServer::start(answer, Zone::new([(domain.as_str(), records)]).unwrap()).await.unwrap()
}

/// What each of several requests ends with: status and cause.
async fn answers(config: EdgeConfig, count: usize) -> Vec<(u16, Option<Cause>)> {
    let edge = Edge::start(config).await.unwrap();
    let mut events = edge.events();
    let mut answers = Vec::new();
    for _ in 0..count {
        let response = once(&edge, &get("/")).await;
        answers.push((status(&response), next(&mut events).await.cause));
        edge.drop_idle_connections();
    }
    edge.shutdown().await;
    answers
}

#[tokio::test]
async fn an_answer_that_is_none_is_passed_over_and_one_that_does_not_fit_is_fetched_over_tcp() {
    let internet = Internet::start().await;
    for (answer, expected) in [
        (DnsAnswer::Address, (200, None)),
        (DnsAnswer::Truncated, (200, None)),
        (DnsAnswer::Huge, (200, None)),
        (DnsAnswer::TruncatedWithoutTcp, (502, Some(Cause::DnsServerFailure))),
        (DnsAnswer::WrongId, (502, Some(Cause::DnsTimeout))),
        (DnsAnswer::Garbage, (502, Some(Cause::DnsTimeout))),
        (DnsAnswer::Flood, (502, Some(Cause::DnsTimeout))),
        (DnsAnswer::Late, (502, Some(Cause::DnsTimeout))),
        (DnsAnswer::Refused, (502, Some(Cause::DnsServerFailure))),
    ] {
        let server = lab_server(answer, &["A 203.0.113.10"]).await;
        assert_eq!(answers(internet.config(&[server], 1), 1).await, [expected], "{answer:?}");
    }
}

#[tokio::test]
async fn each_lookup_asks_the_next_server_and_takes_its_word() {
    let internet = Internet::start().await;
    let mut servers = Vec::new();
    for answer in [DnsAnswer::NoSuchName, DnsAnswer::Address, DnsAnswer::Silence] {
        servers.push(lab_server(answer, &["A 203.0.113.10"]).await);
    }
    let turns = [(502, Some(Cause::DnsNoSuchName)), (200, None), (502, Some(Cause::DnsTimeout))];
    assert_eq!(answers(internet.config(&servers, 3), 4).await, [turns[0], turns[1], turns[2], turns[0]]);
}

#[tokio::test]
async fn each_attempt_takes_the_next_address() {
    let internet = Internet::start().await;
    let dead_first = ["A 203.0.113.66", "A 203.0.113.67", "A 203.0.113.10"];
    for (attempts, expected) in
        [(1, (502, Some(Cause::ConnectionRefused))), (2, (502, Some(Cause::ConnectionRefused))), (3, (200, None))]
    {
        let server = lab_server(DnsAnswer::Address, &dead_first).await;
        assert_eq!(answers(internet.config(&[server], attempts), 1).await, [expected], "{attempts} attempts");
    }
}

#[tokio::test]
async fn with_both_families_either_will_do() {
    let internet = Internet::start().await;
    for (records, family, expected) in [
        (&["AAAA 2001:db8::10"][..], IpAddressType::Dualstack, (200, None)),
        (&["AAAA 2001:db8::10"], IpAddressType::Ipv6, (200, None)),
        (&["AAAA 2001:db8::10"], IpAddressType::Ipv4, (502, Some(Cause::DnsNoAddress))),
        (&["A 203.0.113.66", "AAAA 2001:db8::10"], IpAddressType::Dualstack, (200, None)),
        (&[], IpAddressType::Dualstack, (502, Some(Cause::DnsNoAddress))),
    ] {
        let servers = [lab_server(DnsAnswer::Address, records).await];
        let mut config = internet.config(&servers, 2);
        config.distribution.origins[0].custom.ip_address_type = family;
        assert_eq!(answers(config, 1).await, [expected], "{records:?} {family:?}");
    }
}

#[tokio::test]
async fn the_evidence_names_each_attempt_with_address_and_time() {
    let internet = Internet::start().await;
    let servers = [lab_server(DnsAnswer::Address, &["A 203.0.113.66", "A 203.0.113.67"]).await];
    let edge = Edge::start(internet.config(&servers, 3)).await.unwrap();
    let mut events = edge.events();
    once(&edge, &get("/")).await;
    let told = next(&mut events).await;
    edge.shutdown().await;
    let evidence = &told.failure.as_ref().unwrap().evidence;
    assert!(
        evidence
            .contains("(last of 3 attempts: 203.0.113.66:80 after 0.0 s, 203.0.113.67:80 after 0.0 s, 203.0.113.66:80"),
        "{evidence}"
    );
}
