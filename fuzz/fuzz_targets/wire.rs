//! What an origin says during a handshake, whatever it is: read in one piece, read as it dribbles in, and judged.
#![no_main]

use std::sync::OnceLock;
use std::time::Duration;

use edge502_handshake::wire::{CertificateRequest, ClientHello, Flight, ServerHello, served_chain};
use edge502_handshake::{End, Expectation, LibraryError, Observation, ProtocolVersion, TrustStore, judge, probe};
use edge502_rules::Rulebook;
use edge502_rules::distribution::OriginSslProtocols;
use libfuzzer_sys::fuzz_target;
use time::macros::datetime;
use tokio::io::AsyncWriteExt as _;
use tokio::runtime::{Builder, Runtime};

/// Written with the seeds, which lead to it.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/root.der");

/// Errors of the TLS library that the verdict looks at.
const ERRORS: [&str; 6] =
    ["CERT_UNTRUSTED", "CERT_EXPIRED", "DECODE_CERTIFICATE", "BAD_MESSAGE", "CERT_MAX_CHAIN_DEPTH_EXCEEDED", "ALERT"];

struct World {
    runtime: Runtime,
    trust: TrustStore,
    hello: Vec<u8>,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime needs no thread");
        let root = std::fs::read(ROOT).expect("the seeds are written first");
        let trust = TrustStore::from_der([root]).expect("the root is a certificate");
        World { runtime, trust, hello: offer().encode() }
    })
}

fn offer() -> probe::Offer {
    probe::Offer {
        versions: vec![ProtocolVersion::Tls13, ProtocolVersion::Tls12],
        suites: vec![0x1301.into(), 0xC02F.into(), 0xC02B.into()],
        groups: vec![0x0017.into(), 0x001D.into()],
        schemes: vec![0x0403.into(), 0x0804.into()],
        server_name: Some("origin.shop.test".to_owned()),
        protocols: Vec::new(),
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&choice, said)) = data.split_first() else { return };
    let _ = ClientHello::parse(said);
    let _ = ServerHello::parse(said);
    for version in ProtocolVersion::ALL {
        let _ = served_chain(said, version);
        let _ = CertificateRequest::parse(said, version);
    }
    let flight = Flight::read_clear_text(said);
    judged(choice, said);
    // In pieces and in one piece the same is read, as far as a probe reads at all.
    let probed = world().runtime.block_on(dribbled(said, usize::from(choice) + 1));
    if flight.server_hello.is_none() && flight.alert.is_none() {
        assert!(!probed.accepted() || flight.hello_retry_request.is_some());
    }
});

/// The answer of an origin that says this, so many bytes at a time, and hangs up.
async fn dribbled(said: &[u8], piece: usize) -> probe::ProbeAnswer {
    let (near, mut far) = tokio::io::duplex(piece.max(4_096));
    let offer = offer();
    let origin = async {
        for piece in said.chunks(piece) {
            if far.write_all(piece).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
        let _ = far.shutdown().await;
    };
    let limit = Duration::from_secs(10);
    let (answer, ()) = tokio::join!(probe::probe(near, &offer, limit), origin);
    answer
}

/// Whatever was read has a verdict that says something.
fn judged(choice: u8, said: &[u8]) {
    let World { trust, hello, .. } = world();
    let ends = [End::Completed, End::Aborted, End::Alert, End::Closed, End::Reset, End::TimedOut];
    let end = ends[usize::from(choice) % ends.len()].clone();
    let name = ERRORS[usize::from(choice) / ends.len() % ERRORS.len()];
    let mut observation = Observation::read_clear_text(hello, said, "CloudFront-Upstream-TLS-1-2-2025");
    observation.library_error =
        (end == End::Aborted).then(|| LibraryError { name: name.to_owned(), message: "as it says".to_owned() });
    observation.end = end;
    let (sni, domain) = ("origin.shop.test".parse(), "origin.shop.test".parse());
    let (Ok(sni), Ok(domain)) = (sni, domain) else { unreachable!("both are names") };
    let expectation = Expectation {
        sni: &sni,
        origin_domain: &domain,
        forwarded_host: None,
        allowed_names: &[],
        protocols: &OriginSslProtocols::default(),
        rulebook: Rulebook::Documented,
        client_certificate: None,
    };
    let verdict = judge(&observation, &expectation, trust, datetime!(2031-03-05 12:00 UTC));
    assert!(verdict.cause().is_some() || observation.verified(), "{observation:?}");
    assert!(verdict.judgement().findings.iter().all(|finding| !finding.detail.is_empty()));
}
