//! Whatever an origin sends as its certificates: each is read, and the report of their arrangement holds together.
//!
//! The input is a list of certificates, each behind its length in three bytes, as on the wire.
#![no_main]

use std::sync::OnceLock;

use edge502_handshake::{ProtocolVersion, TrustStore, signature_fits, wire};
use edge502_rules::chain::{ServedChain, Top};
use libfuzzer_sys::fuzz_target;
use time::macros::datetime;

/// Written with the seeds, which lead to it.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/root.der");

fn trust() -> &'static TrustStore {
    static TRUST: OnceLock<TrustStore> = OnceLock::new();
    TRUST.get_or_init(|| {
        let root = std::fs::read(ROOT).expect("the seeds are written first");
        TrustStore::from_der([root]).expect("the root is a certificate")
    })
}

fuzz_target!(|data: &[u8]| {
    let mut body = u32::try_from(data.len()).unwrap_or_default().to_be_bytes()[1..].to_vec();
    body.extend_from_slice(data);
    let Ok(served) = wire::served_chain(&body, ProtocolVersion::Tls12) else { return };
    for pair in served.windows(2) {
        let _ = signature_fits(&pair[0], &pair[1]);
    }
    let chain = ServedChain::parse(served);
    let count = chain.members().len();
    let Some(report) = chain.report(trust().parsed(), datetime!(2031-03-05 12:00 UTC)) else { return };
    assert_eq!(report.path.first(), Some(&report.leaf));
    assert!(report.path.iter().all(|position| chain.get(*position).is_some()));
    match report.top {
        Top::Anchor { index } => assert!(index < trust().anchors().len()),
        Top::Untrusted { position } | Top::MissingIssuer { position, .. } => assert!(position < count),
    }
    let _ = report.breaches(&chain);
    for certificate in chain.members().iter().flatten() {
        let names: Vec<&str> = certificate.names.effective().collect();
        assert!(names.len() <= certificate.names.alternative.len() + 1);
        let _ = format!("{} {} {}", certificate.subject, certificate.key, certificate.serial);
    }
});
