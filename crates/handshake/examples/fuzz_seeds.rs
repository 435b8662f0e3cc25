//! Writes the seeds of `fuzz/` to a directory: `cargo run --example fuzz_seeds -- fuzz/corpus`.
//!
//! Certificates and handshakes are made afresh, so that nothing checked in can expire; distributions are the samples of
//! the tests. The root they lead to stands beside them.

#![allow(clippy::unwrap_used, reason = "a seed that cannot be made ends the program")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use edge502_handshake::ProtocolVersion;
use edge502_handshake::probe::Offer;
use edge502_pki::{CertificateSpec, ChainSpec, Identity, IntermediateSpec, Issuer, KeyKind, Lab, NameConstraints};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion};
use time::macros::datetime;

fn main() {
    let directory: PathBuf = env::args_os().nth(1).expect("the directory to write to").into();
    let lab = Lab::new(datetime!(2031-03-05 12:00 UTC)).unwrap();
    write(&directory, "root.der", &lab.root_der());
    let identities = identities(&lab);
    for (index, identity) in identities.iter().enumerate() {
        let list: Vec<u8> = identity.served.iter().flat_map(|der| behind_length(der)).collect();
        write(&directory, &format!("chain/{index}"), &list);
    }
    for (index, said) in said(&lab, &identities).into_iter().enumerate() {
        // The first byte chooses how the handshake ends and how the rest is cut.
        let choice = u8::try_from(index * 37 % 256).unwrap();
        write(&directory, &format!("wire/{index}"), &[&[choice], &said[..]].concat());
    }
    distributions(&directory);
}

/// Sound chains, and such as have one thing that is read in a place of its own.
fn identities(lab: &Lab) -> Vec<Identity> {
    let sound = CertificateSpec::default;
    let named = |names: &[&str]| Some(names.iter().map(|name| name.parse().unwrap()).collect());
    let limits = NameConstraints { permitted: vec!["shop.test".to_owned()], excluded: vec!["x.test".to_owned()] };
    let limited = IntermediateSpec { name_constraints: limits, ..IntermediateSpec::default() };
    let cases = [
        (sound(), IntermediateSpec::default()),
        (
            CertificateSpec { names: named(&["*.shop.test", "192.0.2.1", "a.test"]), ..sound() },
            IntermediateSpec::default(),
        ),
        (CertificateSpec { key: KeyKind::Rsa2048, ..sound() }, IntermediateSpec::default()),
        (CertificateSpec { issuer: Issuer::SelfSigned, ..sound() }, IntermediateSpec::default()),
        (sound(), limited),
    ];
    let identity = |(certificate, intermediate)| {
        lab.identity(&certificate, &intermediate, &ChainSpec::default(), "origin.shop.test").unwrap()
    };
    cases.into_iter().map(identity).collect()
}

fn behind_length(der: &[u8]) -> Vec<u8> {
    let length = u32::try_from(der.len()).unwrap().to_be_bytes();
    [&length[1..], der].concat()
}

/// What servers say to a ClientHello: whole flights, and refusals. Beside them the bodies of messages that TLS 1.3
/// encrypts, which are read by themselves.
fn said(lab: &Lab, identities: &[Identity]) -> Vec<Vec<u8>> {
    let mut said = vec![
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        vec![21, 3, 3, 0, 2, 2, 40],
        vec![21, 3, 3, 0, 2, 1, 112],
        vec![20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 2, 0, 0],
    ];
    for identity in identities {
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            said.push(flight(identity, version, None));
            said.push(flight(identity, version, Some(lab)));
        }
        said.push(certificate_tls13(identity));
    }
    said.push(certificate_request_tls13());
    said
}

/// The body of a Certificate message of TLS 1.3 (RFC 8446 section 4.4.2).
fn certificate_tls13(identity: &Identity) -> Vec<u8> {
    let list: Vec<u8> = identity.served.iter().flat_map(|der| [behind_length(der), vec![0, 0]].concat()).collect();
    [vec![0], behind_length(&list)].concat()
}

/// The body of a CertificateRequest of TLS 1.3 (RFC 8446 section 4.3.2): two schemes, and one authority with an empty
/// name.
fn certificate_request_tls13() -> Vec<u8> {
    let schemes = [0, 13, 0, 6, 0, 4, 4, 3, 8, 4];
    let authorities = [0, 47, 0, 6, 0, 4, 0, 2, 0x30, 0];
    [&[0, 0, 20][..], &schemes, &authorities].concat()
}

/// The first flight of a server, which asks for a client certificate if there is somebody who issues them.
fn flight(identity: &Identity, version: &'static SupportedProtocolVersion, clients: Option<&Lab>) -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = clients.map_or_else(WebPkiClientVerifier::no_client_auth, |lab| {
        let mut roots = RootCertStore::empty();
        roots.add(lab.root_der().to_vec().into()).unwrap();
        WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider)).build().unwrap()
    });
    let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
    let config = config.with_client_cert_verifier(verifier);
    let config = config.with_single_cert(identity.served.clone(), identity.key.clone_key()).unwrap();
    let mut server = ServerConnection::new(Arc::new(config)).unwrap();
    server.read_tls(&mut &offer().encode()[..]).unwrap();
    server.process_new_packets().unwrap();
    let mut said = Vec::new();
    while server.wants_write() {
        server.write_tls(&mut said).unwrap();
    }
    said
}

fn offer() -> Offer {
    Offer {
        versions: vec![ProtocolVersion::Tls13, ProtocolVersion::Tls12],
        suites: [0x1301, 0xC02F, 0xC02B].map(Into::into).to_vec(),
        groups: [0x0017, 0x001D].map(Into::into).to_vec(),
        schemes: [0x0403, 0x0804].map(Into::into).to_vec(),
        server_name: Some("origin.shop.test".to_owned()),
        protocols: Vec::new(),
    }
}

/// The samples of the tests of the readers.
fn distributions(directory: &Path) {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for samples in ["check/testdata", "rules/testdata/distribution"] {
        for entry in fs::read_dir(crates.join(samples)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = format!("distribution/{}", path.file_name().unwrap().display());
                write(directory, &name, &fs::read(&path).unwrap());
            }
        }
    }
}

fn write(directory: &Path, name: &str, bytes: &[u8]) {
    let path = directory.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}
