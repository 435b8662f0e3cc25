//! Starting, changing and stopping origins: ports stay, and nothing is left behind.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{io, net::SocketAddr, time::Duration};

use common::{BOUND, clock, lab, spec, start};
use edge502_legacy_tls::{Options, s_client};
use edge502_origin::{End, Origin, OriginError, Ports};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

async fn refuses(addr: SocketAddr) -> bool {
    TcpStream::connect(addr).await.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

#[tokio::test]
async fn shutdown_frees_both_ports_even_with_silent_clients() {
    let origin = start("port.behavior = 'silent'").await;
    let addresses = [origin.addr(), origin.http_addr()];
    let mut clients = Vec::new();
    for addr in addresses {
        clients.push(TcpStream::connect(addr).await.unwrap());
    }
    let history = origin.history();
    history.wait_for(|records| records.len() == 2, BOUND).await.unwrap();
    timeout(BOUND, origin.shutdown()).await.expect("shutdown is bounded");
    for addr in addresses {
        assert!(refuses(addr).await, "{addr} is still open");
        TcpListener::bind(addr).await.unwrap();
    }
    let ends: Vec<_> = history.snapshot().into_iter().map(|record| record.end).collect();
    assert_eq!(ends, [Some(End::Origin), Some(End::Origin)]);
}

#[tokio::test]
async fn shutdown_lets_an_answer_finish() {
    let origin = start(&format!("http.body = '{}'", "x".repeat(4_000_000))).await;
    let mut tcp = TcpStream::connect(origin.http_addr()).await.unwrap();
    tcp.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    origin.history().wait_for(|records| records.len() == 1 && !records[0].requests.is_empty(), BOUND).await.unwrap();
    let mut answer = Vec::new();
    let (read, ()) = tokio::join!(tcp.read_to_end(&mut answer), origin.shutdown());
    read.unwrap();
    assert!(answer.len() > 4_000_000, "the answer was cut at {} bytes", answer.len());
}

#[tokio::test]
async fn dropping_an_origin_ends_its_tasks() {
    let origin = start("port.behavior = 'silent'").await;
    let addr = origin.addr();
    let mut client = TcpStream::connect(addr).await.unwrap();
    origin.history().wait_for(|records| records.len() == 1, BOUND).await.unwrap();
    drop(origin);
    let end = timeout(BOUND, client.read(&mut [0; 1])).await.expect("the connection is ended");
    assert!(!matches!(end, Ok(1..)));
    assert!(refuses(addr).await);
}

#[tokio::test]
async fn a_fix_keeps_the_ports() {
    let lab = lab();
    let mut origin = Origin::start(&spec("port.behavior = 'refuse'"), &lab, clock()).await.unwrap();
    let (addr, http_addr) = (origin.addr(), origin.http_addr());
    for toml in [
        "",
        "port.behavior = 'drop'",
        "tls.protocols = ['TLSv1']",
        "port.behavior = 'refuse'",
        "port.behavior = 'plain-http'\nhttp_port.behavior = 'refuse'",
        "certificate.not_after = '-1d'",
    ] {
        origin.reconfigure(&spec(toml), &lab).await.unwrap_or_else(|error| panic!("{toml}: {error}"));
        assert_eq!((origin.addr(), origin.http_addr()), (addr, http_addr), "{toml}");
        assert_eq!(origin.spec(), spec(toml));
        assert_eq!(origin.history().snapshot(), [], "{toml}");
    }
    let transcript = s_client(&Options::permissive(addr)).await;
    assert_eq!(transcript.served_chain, origin.served_chain());
}

#[tokio::test]
async fn a_fix_closes_idle_connections_so_that_nobody_meets_the_old_origin() {
    let lab = lab();
    let mut origin = Origin::start(&spec("http.status = 500"), &lab, clock()).await.unwrap();
    let mut tcp = TcpStream::connect(origin.http_addr()).await.unwrap();
    tcp.write_all(b"HEAD / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = [0; 1024];
    let length = tcp.read(&mut answer).await.unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 500"));
    let (end, fixed) =
        tokio::join!(timeout(BOUND, tcp.read(&mut answer)), async { origin.reconfigure(&spec(""), &lab).await });
    fixed.unwrap();
    assert_eq!(end.expect("the connection is closed").unwrap(), 0);
}

/// Somebody who watches the site while it is being changed.
#[tokio::test(flavor = "multi_thread")]
async fn others_who_connect_meanwhile_do_not_disturb_the_proof() {
    let lab = lab();
    let mut origin = Origin::start(&spec(""), &lab, clock()).await.unwrap();
    let addr = origin.addr();
    let watching = tokio::spawn(async move {
        // Bounded, so that a run that fails ends, too.
        for _ in 0..5_000 {
            drop(TcpStream::connect(addr).await);
        }
    });
    for toml in ["tls.protocols = ['TLSv1.2']", "certificate.not_after = '-1d'", "tls.protocols = ['TLSv1.2']", ""] {
        origin.reconfigure(&spec(toml), &lab).await.unwrap_or_else(|error| panic!("{toml}: {error}"));
    }
    watching.abort();
}

#[tokio::test]
async fn a_bad_fix_changes_nothing() {
    let lab = lab();
    let mut origin = Origin::start(&spec(""), &lab, clock()).await.unwrap();
    let chain = origin.served_chain();
    let error = origin.reconfigure(&spec("tls.protocols = []"), &lab).await.unwrap_err();
    assert!(matches!(error, OriginError::Invalid { setting: "tls.protocols", .. }), "{error}");
    assert_eq!(s_client(&Options::permissive(origin.addr())).await.served_chain, chain);
}

#[tokio::test]
async fn a_port_in_use_is_an_error_that_names_it() {
    let first = start("").await;
    let taken = first.addr().port();
    let ports = Ports { https: taken, http: 0 };
    let error = Origin::start_on(ports, &spec(""), &lab(), clock()).await.unwrap_err();
    assert!(matches!(error, OriginError::Bind { port, .. } if port == taken), "{error}");
}

#[tokio::test]
async fn starting_is_fast() {
    let started = tokio::time::Instant::now();
    start("").await.shutdown().await;
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}
