//! What every policy sends, against golden dumps. `UPDATE_GOLDEN=1` rewrites them.

use std::fmt::Write as _;
use std::path::PathBuf;

use edge502_handshake::Options;
use edge502_handshake::wire::{ClientHello, ExtensionType};
use edge502_rules::distribution::OriginSslProtocol;

use super::support::{Case, Lab, Origin, refused};

#[tokio::test]
async fn each_policy_sends_its_golden_client_hello() {
    let lab = Lab::new("origin.test");
    let closes = Origin::saying(b"").await;
    for pq in [false, true] {
        let connector = lab.connector_with(Options { pq });
        for lowest in OriginSslProtocol::ALL.iter().copied() {
            let seen = refused(Case::from(lowest).connect(&connector, &closes).await).observation;
            compare(seen.policy, &dump(&seen.client_hello.expect("it was sent")));
        }
    }
}

#[tokio::test]
async fn the_size_is_that_of_the_published_policies() {
    let lab = Lab::new("origin.test");
    let closes = Origin::saying(b"").await;
    // Each further version takes two bytes of supported_versions.
    for (lowest, length) in [(OriginSslProtocol::TlsV1_2, 292), (OriginSslProtocol::SslV3, 298)] {
        let seen = refused(Case::from(lowest).connect(&lab.connector(), &closes).await).observation;
        let hello = seen.client_hello.unwrap();
        assert!(hello.alpn.is_empty(), "AWS documents no ALPN towards origins");
        assert_eq!(hello.length + 5, length);
    }
}

fn compare(policy: &str, dump: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/client_hello/{policy}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, dump).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(dump, golden, "{policy} sends something new; UPDATE_GOLDEN=1 accepts it");
}

/// The message in words and in wire order, without what changes from connection to connection.
fn dump(hello: &ClientHello) -> String {
    let mut out = String::new();
    writeln!(out, "length {}", hello.length).unwrap();
    writeln!(out, "legacy_version 0x{:04X}", hello.legacy_version).unwrap();
    writeln!(out, "random (masked)\nsession_id (masked, {} bytes)", hello.session_id.len()).unwrap();
    for suite in &hello.cipher_suites {
        writeln!(out, "cipher_suite 0x{:04X} {suite}", suite.0).unwrap();
    }
    writeln!(out, "compression_methods {:?}", hello.compression_methods).unwrap();
    for extension in &hello.extensions {
        write!(out, "extension {} {}", extension.kind.0, extension.kind).unwrap();
        if extension.kind == ExtensionType::KEY_SHARE {
            for share in &hello.key_shares {
                write!(out, " {} (masked, {} bytes)", share.group, share.length).unwrap();
            }
        } else {
            out.push(' ');
            extension.body.iter().for_each(|byte| write!(out, "{byte:02x}").unwrap());
        }
        out.push('\n');
    }
    for group in &hello.groups {
        writeln!(out, "group {group}").unwrap();
    }
    for scheme in &hello.signature_schemes {
        writeln!(out, "signature_scheme {scheme}").unwrap();
    }
    out
}
