//! Origins that mean harm: every wait ends, and what is kept of them is bounded.
//!
//! They speak over raw sockets, because no TLS or HTTP library would say what they say.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use edge502_check::render::{self, Format, Look};
use edge502_check::{Checker, HostSettings, Options, Report, Target};
use edge502_handshake::TrustStore;
use edge502_pki::{AltName, CertificateSpec, ChainSpec, Identity, IntermediateSpec, Lab};
use edge502_rules::Cause;
use edge502_rules::clock::FixedClock;
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

const NOW: OffsetDateTime = time::macros::datetime!(2031-03-05 12:00 UTC);
const NAME: &str = "origin.shop.test";
/// More than any report here may have: what is kept of a handshake, written out several times.
const MOST: usize = 1 << 20;

/// An origin that does this on every connection; its tasks end with the test.
async fn origin<F, Fut>(serve: F) -> SocketAddr
where
    F: Fn(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// Waits for the first words of the client.
async fn heard(stream: &mut TcpStream) {
    let _ = stream.read(&mut vec![0; 16 * 1024]).await;
}

/// Says `bytes` again and again, as long as somebody takes them.
async fn flood(mut stream: TcpStream, bytes: Vec<u8>) {
    while stream.write_all(&bytes).await.is_ok() {}
}

struct World {
    lab: Lab,
    timeout: Duration,
}

impl World {
    fn new() -> Self {
        Self { lab: Lab::new(NOW).unwrap(), timeout: Duration::from_secs(15) }
    }

    /// With less patience, where only time ends it.
    fn impatient() -> Self {
        Self { timeout: Duration::from_millis(400), ..Self::new() }
    }

    fn options(&self) -> Options {
        let trust = TrustStore::from_der([self.lab.root_der()]).unwrap();
        let mut options = Options::new(trust, Arc::new(FixedClock(NOW)));
        options.timeout = self.timeout;
        options
    }

    async fn check(&self, origin: SocketAddr, settings: &HostSettings) -> Report {
        let mut options = self.options();
        for port in [80, 443] {
            options.overrides.insert(NAME, port, origin);
        }
        let target = Target::host(NAME, settings).unwrap();
        let report = Checker::new(options).await.unwrap().check(&target).await.unwrap();
        for format in [Format::Text, Format::Json, Format::Junit, Format::Sarif, Format::Markdown, Format::Html] {
            let size = render::one(&report, format, Look { verbose: true, ..Look::default() }).len();
            assert!(size < MOST, "{format:?}: {size} bytes");
        }
        assert!(report.connections <= 12, "{}", report.connections);
        report
    }

    async fn over_tls(&self, origin: SocketAddr) -> Report {
        self.check(origin, &HostSettings::default()).await
    }

    async fn over_http(&self, origin: SocketAddr, method: http::Method) -> Report {
        let settings =
            HostSettings { protocol_policy: "http-only".to_owned(), method: Some(method), ..HostSettings::default() };
        self.check(origin, &settings).await
    }

    /// A sound chain, but for the number of names.
    fn identity(&self, names: usize) -> Identity {
        let name = |number| format!("n{number}.shop.test").parse::<AltName>().unwrap();
        let names = std::iter::once(NAME.parse().unwrap()).chain((1..names).map(name)).collect();
        let certificate = CertificateSpec { names: Some(names), ..CertificateSpec::default() };
        self.lab.identity(&certificate, &IntermediateSpec::default(), &ChainSpec::default(), NAME).unwrap()
    }
}

/// A handshake message (RFC 5246 section 7.4).
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind][..], &length[1..], body].concat()
}

/// `bytes` as handshake records of this size.
fn records(bytes: &[u8], size: usize) -> Vec<u8> {
    let record = |piece: &[u8]| {
        let length = u16::try_from(piece.len()).unwrap().to_be_bytes();
        [&[22, 3, 3][..], &length[..], piece].concat()
    };
    bytes.chunks(size).flat_map(record).collect()
}

/// A ServerHello of TLS 1.2 that chooses ECDHE-ECDSA-AES128-GCM-SHA256, with secure renegotiation and plain points.
fn server_hello() -> Vec<u8> {
    let extensions = [0xff, 1, 0, 1, 0, 0, 11, 0, 2, 1, 0];
    message(2, &[&[3, 3][..], &[7; 32], &[0, 0xC0, 0x2B, 0], &[0, 11], &extensions].concat())
}

/// A Certificate message of TLS 1.2.
fn certificate(chain: &[&[u8]]) -> Vec<u8> {
    let behind_length = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[1..], bytes].concat();
    let list: Vec<u8> = chain.iter().flat_map(|der| behind_length(der)).collect();
    message(11, &behind_length(&list))
}

/// Says this after the first words of the client, nothing more, and waits for it to go.
async fn saying(bytes: Vec<u8>) -> SocketAddr {
    origin(move |mut stream| {
        let bytes = bytes.clone();
        async move {
            heard(&mut stream).await;
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
            while stream.read(&mut [0; 1024]).await.is_ok_and(|count| count > 0) {}
        }
    })
    .await
}

/// Says this for ever after the first words of the client.
async fn flooding(first: Vec<u8>, again: Vec<u8>) -> SocketAddr {
    origin(move |mut stream| {
        let (first, again) = (first.clone(), again.clone());
        async move {
            heard(&mut stream).await;
            let _ = stream.write_all(&first).await;
            flood(stream, again).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_giant_certificate_is_read_and_named_briefly() {
    let world = World::new();
    let identity = world.identity(2_500);
    let chain: Vec<&[u8]> = identity.served.iter().map(|der| &der[..]).collect();
    let said = [server_hello(), certificate(&chain)].concat();
    assert!((40_000..65_536).contains(&said.len()), "{}", said.len());
    let report = world.over_tls(saying(records(&said, 16_384)).await).await;
    assert_eq!(report.served_chain[0].names.len(), 2_500);
    let text = render::one(&report, Format::Text, Look::default());
    assert!(text.lines().count() < 60, "{text}");
}

#[tokio::test]
async fn certificates_beyond_all_bounds_are_not_kept() {
    let world = World::new();
    // A message of 16 MiB announced, and as much of it sent as is taken.
    let announced = [&[11, 0xff, 0xff, 0xff][..], &[0xff, 0xff, 0xfc], &[0xff, 0xff, 0xf9]].concat();
    let first = records(&[server_hello(), announced].concat(), 16_384);
    let report = world.over_tls(flooding(first, records(&vec![0x30; 16_384], 16_384)).await).await;
    assert_eq!(report.served_chain, []);
    assert!(report.cause.is_some());
}

#[tokio::test]
async fn a_chain_of_26_certificates_is_too_long() {
    let world = World::new();
    let identity = world.identity(1);
    let mut chain: Vec<&[u8]> = identity.served.iter().map(|der| &der[..]).collect();
    chain.resize(26, chain[1]);
    let report = world.over_tls(saying(records(&[server_hello(), certificate(&chain)].concat(), 16_384)).await).await;
    assert_eq!(report.cause, Some(Cause::ChainTooLong));
    assert_eq!(report.served_chain.len(), 26);
}

#[tokio::test]
async fn names_that_are_no_text_are_shown_and_control_nothing() {
    let world = World::new();
    let mut leaf = world.identity(1).leaf.to_vec();
    for (name, bytes) in
        [(&b"TEST ONLY"[..], &b"\x1b[2J\xff\xfe\xe2\x80\xae"[..]), (NAME.as_bytes(), b"\xc3(\x1b]0;x\x07\0")]
    {
        while let Some(at) = leaf.windows(name.len()).position(|window| window == name) {
            leaf[at..at + bytes.len()].copy_from_slice(bytes);
        }
    }
    let report = world.over_tls(saying(records(&[server_hello(), certificate(&[&leaf])].concat(), 16_384)).await).await;
    assert_eq!(report.served_chain.len(), 1);
    for format in [Format::Text, Format::Json, Format::Junit, Format::Sarif, Format::Markdown, Format::Html] {
        let text = render::one(&report, format, Look { verbose: true, ..Look::default() });
        let control = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(control, None, "{format:?}: {text}");
    }
}

#[tokio::test]
async fn records_of_one_byte_say_the_same() {
    let world = World::new();
    let identity = world.identity(1);
    // Without the intermediate, so that there is something to find.
    let said = [server_hello(), certificate(&[&identity.leaf])].concat();
    let whole = world.over_tls(saying(records(&said, 16_384)).await).await;
    let pieces = world.over_tls(saying(records(&said, 1)).await).await;
    assert_eq!(whole.cause, Some(Cause::ChainIncomplete));
    assert_eq!((pieces.cause, pieces.served_chain), (whole.cause, whole.served_chain));
}

#[tokio::test]
async fn handshake_messages_without_end_are_left() {
    let world = World::impatient();
    for (kind, size) in [(0, 4), (4, 16_384), (0xfe, 1), (2, 16_384)] {
        let again = records(&message(kind, &[0; 60]).repeat(64), size);
        let report = world.over_tls(flooding(records(&server_hello(), 16_384), again).await).await;
        assert!(report.cause.is_some(), "{kind}: {:?}", report.handshake);
    }
}

#[tokio::test]
async fn floods_of_warnings_and_of_empty_records_are_left() {
    let world = World::impatient();
    for again in [[21, 3, 3, 0, 2, 1, 90].repeat(500), [22, 3, 3, 0, 0].repeat(500), [20, 3, 3, 0, 1, 1].repeat(500)] {
        let report = world.over_tls(flooding(Vec::new(), again.clone()).await).await;
        assert!(report.cause.is_some(), "{again:.7?}: {:?}", report.handshake);
    }
}

#[tokio::test]
async fn records_that_dribble_in_end_with_the_time() {
    let world = World::impatient();
    let origin = origin(|mut stream| async move {
        heard(&mut stream).await;
        for byte in records(&server_hello().repeat(4_000), 1) {
            if stream.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(world.over_tls(origin).await.cause.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_that_never_closes_costs_the_time_of_the_check() {
    let world = World::new();
    let silent = origin(|mut stream| async move {
        while stream.read(&mut [0; 1024]).await.is_ok_and(|count| count > 0) {}
        std::future::pending::<()>().await;
    })
    .await;
    assert_eq!(world.over_tls(silent).await.cause, Some(Cause::HandshakeTimeout));
    let report = world.over_http(silent, http::Method::GET).await;
    assert_eq!(report.cause, Some(Cause::ResponseTimeout));
    assert!(report.findings[0].detail.contains("15 s"), "{}", report.findings[0].detail);
}

#[tokio::test(start_paused = true)]
async fn a_silent_name_server_is_what_a_short_check_waited_for() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut options = World::impatient().options();
    options.name_servers = vec![silent.local_addr().unwrap()];
    let target = Target::host(NAME, &HostSettings::default()).unwrap();
    let report = Checker::new(options).await.unwrap().check(&target).await.unwrap();
    assert_eq!((report.cause, report.connections), (Some(Cause::DnsTimeout), 0));
    assert!(report.findings[0].detail.contains("within 0.4 s"), "{}", report.findings[0].detail);
}

#[tokio::test]
async fn heads_of_64_kib_and_more_are_refused() {
    let world = World::new();
    let large = format!("HTTP/1.1 200 OK\r\nX-Large: {}\r\n\r\n", "a".repeat(65_536));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-Many: a\r\n".repeat(10_000));
    for head in [large, many] {
        let report = world.over_http(saying(head.into_bytes()).await, http::Method::GET).await;
        assert_eq!(report.cause, Some(Cause::ResponseHeadersTooLarge), "{:?}", report.findings[0]);
    }
    let endless = flooding(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-Endless: 0123456789\r\n".repeat(100)).await;
    let report = world.over_http(endless, http::Method::GET).await;
    assert_eq!(report.cause, Some(Cause::ResponseHeadersTooLarge));
}

#[tokio::test]
async fn a_body_without_end_is_left_after_its_beginning() {
    let world = World::new();
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n",
    ] {
        let origin = flooding(head.into(), vec![b'a'; 16_384]).await;
        let report = world.over_http(origin, http::Method::GET).await;
        assert_eq!((report.status, report.cause), (200, None), "{head}: {:?}", report.findings);
    }
}

#[tokio::test]
async fn a_chunk_extension_without_end_is_not_kept() {
    let world = World::new();
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;".to_vec();
    let report = world.over_http(flooding(head, vec![b'x'; 16_384]).await, http::Method::GET).await;
    assert!(report.cause.is_some(), "{:?}", report.response);
}

#[tokio::test]
async fn interim_responses_are_bounded_by_time_alone() {
    let hundred = [
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(100),
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec(),
    ];
    let report = World::new().over_http(saying(hundred.concat()).await, http::Method::GET).await;
    assert_eq!((report.status, report.cause), (200, None));
    let endless = flooding(Vec::new(), b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(50)).await;
    let report = World::impatient().over_http(endless, http::Method::GET).await;
    assert_eq!(report.cause, Some(Cause::ResponseTimeout), "{:?}", report.findings);
}
