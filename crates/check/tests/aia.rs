//! `--fetch-aia`: what the certificates' own addresses hold, and that it changes no verdict.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::sync::Arc;

use edge502_check::render::{self, Format, Look};
use edge502_check::{Checker, HostSettings, Options, Report, Target, Verdict};
use edge502_handshake::TrustStore;
use edge502_origin::{Origin, OriginSpec};
use edge502_pki::Lab;
use edge502_rules::Cause;
use edge502_rules::clock::{FixedClock, SharedClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const NAME: &str = "origin.test";

fn clock() -> SharedClock {
    Arc::new(FixedClock(time::macros::datetime!(2031-03-05 12:00 UTC)))
}

/// A server that answers every request with these bytes and closes.
async fn server(answer: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4_096]).await;
            let _ = stream.write_all(&answer).await;
        }
    });
    address
}

fn ok(body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

struct World {
    lab: Lab,
    origin: Origin,
}

impl World {
    /// An origin that sends its own certificate alone.
    async fn new() -> Self {
        let lab = Lab::new(clock().now()).unwrap();
        let mut spec = OriginSpec::default();
        spec.chain.serve = Some(vec!["leaf".parse().unwrap()]);
        let origin = Origin::start(&spec, &lab, clock()).await.unwrap();
        Self { lab, origin }
    }

    /// Checks the origin; its certificate's address leads to `aia`, if it is to be fetched.
    async fn check(&self, aia: Option<SocketAddr>) -> Report {
        let trust = TrustStore::from_der([self.lab.root_der()]).unwrap();
        let mut options = Options::new(trust, clock());
        options.overrides.insert(NAME, 443, self.origin.addr());
        options.fetch_aia = aia.is_some();
        if let Some(aia) = aia {
            options.overrides.insert("aia.lab.test", 80, aia);
        }
        let target = Target::host(NAME, &HostSettings::default()).unwrap();
        let report = Checker::new(options).await.unwrap().check(&target).await.unwrap();
        assert_eq!((report.verdict, report.cause), (Verdict::Fails, Some(Cause::ChainIncomplete)));
        report
    }

    fn issuer(&self) -> Vec<u8> {
        self.origin.intermediates()[0].clone()
    }
}

#[tokio::test]
async fn nothing_is_fetched_unless_it_is_asked_for() {
    assert_eq!(World::new().await.check(None).await.aia, None);
}

#[tokio::test]
async fn the_missing_issuer_completes_the_chain_and_changes_no_verdict() {
    let world = World::new().await;
    let issuer = world.issuer();
    let pem = TrustStore::from_der([&issuer]).unwrap().to_pem();
    for body in [&issuer, pem.as_bytes()] {
        let report = world.check(Some(server(ok(body)).await)).await;
        let aia = report.aia.clone().unwrap();
        assert!(aia.completes, "{aia:?}");
        assert_eq!(aia.fetched[0].url.as_deref(), Some("http://aia.lab.test/issuer.cer"));
        let text = render::one(&report, Format::Text, Look::default());
        assert!(text.contains("chain would be complete; browsers fetch it"), "{text}");
    }
}

#[tokio::test]
async fn what_is_not_the_issuer_does_not_complete_it() {
    let world = World::new().await;
    let (root, other) = (world.lab.root_der(), World::new().await.issuer());
    let large = format!("HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n{}", "a".repeat(70_000));
    for (answer, problem) in [
        (ok(&root), "did not issue"),
        (ok(&other), "did not issue"),
        (ok(b"<html>"), "neither a certificate nor a bundle"),
        (b"HTTP/1.1 301 Moved\r\nLocation: http://x.test/\r\nContent-Length: 0\r\n\r\n".to_vec(), "301"),
        (large.into_bytes(), "at most 65536 bytes"),
        (Vec::new(), "connection closed"),
        (b"SSH-2.0\r\n".to_vec(), "invalid HTTP"),
    ] {
        let aia = world.check(Some(server(answer).await)).await.aia.unwrap();
        let told = aia.fetched[0].problem.clone().unwrap();
        assert!(!aia.completes && told.contains(problem), "{problem}: {told}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_costs_no_more_than_its_time() {
    let world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // Nobody accepts: connecting succeeds, and no answer ever comes.
    tokio::time::pause();
    let aia = world.check(Some(listener.local_addr().unwrap())).await.aia.unwrap();
    let told = aia.fetched[0].problem.clone().unwrap();
    assert!(told.starts_with("no answer within "), "{told}");
}
