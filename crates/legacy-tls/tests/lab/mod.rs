//! A small certificate authority and a TLS server, both from OpenSSL.

use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use edge502_legacy_tls::init;
use edge502_legacy_tls::openssl::asn1::{Asn1Integer, Asn1Time};
use edge502_legacy_tls::openssl::bn::BigNum;
use edge502_legacy_tls::openssl::ec::{EcGroup, EcKey};
use edge502_legacy_tls::openssl::hash::MessageDigest;
use edge502_legacy_tls::openssl::nid::Nid;
use edge502_legacy_tls::openssl::pkey::{PKey, Private};
use edge502_legacy_tls::openssl::rsa::Rsa;
use edge502_legacy_tls::openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod};
use edge502_legacy_tls::openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use edge502_legacy_tls::openssl::x509::{X509, X509Name};
use edge502_legacy_tls::tokio_openssl::SslStream;
use time::OffsetDateTime;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub(crate) const DAY: i64 = 86_400;

/// The tests' own present: nothing depends on the day they run.
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_900_000_000).unwrap()
}

#[derive(Clone)]
pub(crate) struct Certificate {
    pub(crate) x509: X509,
    pub(crate) key: PKey<Private>,
}

impl Certificate {
    pub(crate) fn root() -> Self {
        Self::root_named("root")
    }

    pub(crate) fn root_named(name: &str) -> Self {
        let key = p256();
        Self { x509: certificate(name, &key, None, -3650 * DAY, 3650 * DAY), key }
    }

    /// Validity in seconds from [`now`].
    pub(crate) fn issue(&self, name: &str, from: i64, to: i64) -> Self {
        let key = p256();
        Self { x509: certificate(name, &key, Some(self), from, to), key }
    }

    pub(crate) fn issue_rsa(&self, name: &str, from: i64, to: i64) -> Self {
        let key = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
        Self { x509: certificate(name, &key, Some(self), from, to), key }
    }

    pub(crate) fn pem(&self) -> Vec<u8> {
        self.x509.to_pem().unwrap()
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.x509.to_der().unwrap()
    }
}

fn p256() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn distinguished_name(common_name: &str) -> X509Name {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_nid(Nid::ORGANIZATIONNAME, "TEST ONLY").unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, common_name).unwrap();
    name.build()
}

fn certificate(name: &str, key: &PKey<Private>, issuer: Option<&Certificate>, from: i64, to: i64) -> X509 {
    let subject = distinguished_name(name);
    let moment = |offset| Asn1Time::from_unix(now().unix_timestamp() + offset).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = Asn1Integer::from_bn(&BigNum::from_u32(7).unwrap()).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(issuer.map_or(&subject, |i| i.x509.subject_name())).unwrap();
    builder.set_not_before(&moment(from)).unwrap();
    builder.set_not_after(&moment(to)).unwrap();
    builder.set_pubkey(key).unwrap();
    if issuer.is_some() {
        let context = builder.x509v3_context(None, None);
        let names = SubjectAlternativeName::new().dns(name).build(&context).unwrap();
        builder.append_extension(names).unwrap();
    } else {
        let ca = BasicConstraints::new().critical().ca().build().unwrap();
        builder.append_extension(ca).unwrap();
    }
    let signer = issuer.map_or(key, |i| &i.key);
    builder.sign(signer, MessageDigest::sha256()).unwrap();
    builder.build()
}

/// A TLS server for any number of connections; stops when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(certificate: &Certificate, configure: impl Fn(&mut SslContextBuilder)) -> Self {
        init().unwrap();
        let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
        // First of all: it may lower the level that the certificate is measured by.
        configure(&mut context);
        context.set_certificate(&certificate.x509).unwrap();
        context.set_private_key(&certificate.key).unwrap();
        let context = context.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let ssl = Ssl::new(&context).unwrap();
                let mut stream = SslStream::new(ssl, tcp).unwrap();
                let serve = async {
                    if Pin::new(&mut stream).accept().await.is_ok() {
                        let _ = stream.read(&mut [0; 64]).await;
                    }
                };
                let _ = timeout(Duration::from_secs(5), serve).await;
            }
        });
        Self { address, task }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
