//! Clients beside the edge's: rustls and OpenSSL alone, and, as an experiment, sessions that are resumed.
//!
//! They trust what the edge trusts, verify chain and name by the lab's date, and are limited to what an origin of the
//! kind speaks. rustls is missing where it does not speak that.

use std::sync::{Arc, Mutex};

use edge502_legacy_tls::openssl::error::ErrorStack;
use edge502_legacy_tls::openssl::ssl::{Ssl, SslContext, SslMethod, SslVerifyMode, SslVersion};
use edge502_legacy_tls::openssl::x509::X509;
use edge502_legacy_tls::openssl::x509::store::X509StoreBuilder;
use edge502_legacy_tls::openssl::x509::verify::X509VerifyParam;
use edge502_legacy_tls::tokio_openssl::SslStream;
use edge502_origin::{OriginSpec, Protocol};
use edge502_pki::Lab;
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, NamedGroup, RootCertStore, version};
use s2n_tls::callbacks::{ConnectionFuture, SessionTicket, SessionTicketCallback};
use s2n_tls::config::{Config, ConnectionInitializer};
use s2n_tls::connection::Connection;
use s2n_tls_tokio::TlsStream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::contest::{Kind, bare_builder};
use crate::lab_day::LabDay;
use crate::support::NOW;

/// Sent as SNI and expected in the certificate.
fn name() -> String {
    OriginSpec::default().name
}

/// rustls for this kind of origin, without resumption; `None` where it speaks another language.
pub(crate) fn rustls(kind: &Kind, lab: &Lab) -> Option<Rustls> {
    let version = match kind.protocol {
        Protocol::TlsV1_3 => &version::TLS13,
        Protocol::TlsV1_2 if kind.ciphers.is_none() => &version::TLS12,
        _ => return None,
    };
    let mut provider = aws_lc_rs::default_provider();
    provider.kx_groups.retain(|group| match kind.group {
        Some(_) => group.name() == NamedGroup::X25519MLKEM768,
        // What the edge offers first, so that both do the same arithmetic.
        None => group.name() == NamedGroup::secp256r1,
    });
    let mut roots = RootCertStore::empty();
    roots.add(lab.root_der()).expect("the lab's root can be trusted");
    let mut config = ClientConfig::builder_with_details(Arc::new(provider), Arc::new(LabDay))
        .with_protocol_versions(&[version])
        .expect("rustls speaks this version with these groups")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    let name = ServerName::try_from(name()).expect("the default name is a DNS name");
    Some(Rustls { connector: Arc::new(config).into(), name })
}

/// rustls alone.
pub(crate) struct Rustls {
    connector: tokio_rustls::TlsConnector,
    name: ServerName<'static>,
}

impl Rustls {
    pub(crate) async fn shake(&self, tcp: TcpStream) -> tokio_rustls::client::TlsStream<TcpStream> {
        self.connector.connect(self.name.clone(), tcp).await.expect("rustls completes the handshake")
    }
}

/// OpenSSL alone.
pub(crate) struct OpenSsl {
    context: SslContext,
}

impl OpenSsl {
    /// OpenSSL for this kind of origin, without resumption.
    pub(crate) fn new(kind: &Kind, lab: &Lab) -> Self {
        edge502_legacy_tls::init().expect("OpenSSL is built in");
        Self { context: context(kind, lab).expect("OpenSSL takes the configuration") }
    }

    pub(crate) async fn shake(&self, tcp: TcpStream) -> SslStream<TcpStream> {
        let mut ssl = Ssl::new(&self.context).expect("a connection can be made of a context");
        ssl.set_hostname(&name()).expect("the default name is a DNS name");
        let mut stream = SslStream::new(ssl, tcp).expect("a connection takes a socket");
        std::pin::Pin::new(&mut stream).connect().await.expect("OpenSSL completes the handshake");
        stream
    }
}

fn context(kind: &Kind, lab: &Lab) -> Result<SslContext, ErrorStack> {
    let version = match kind.protocol {
        Protocol::SslV3 => SslVersion::SSL3,
        Protocol::TlsV1 => SslVersion::TLS1,
        Protocol::TlsV1_1 => SslVersion::TLS1_1,
        Protocol::TlsV1_2 => SslVersion::TLS1_2,
        Protocol::TlsV1_3 => SslVersion::TLS1_3,
    };
    let mut builder = SslContext::builder(SslMethod::tls_client())?;
    builder.set_security_level(0);
    builder.set_min_proto_version(Some(version))?;
    builder.set_max_proto_version(Some(version))?;
    builder.set_groups_list(kind.group.unwrap_or("P-256"))?;
    if let Some(ciphers) = kind.ciphers {
        builder.set_cipher_list(ciphers)?;
    }
    let mut roots = X509StoreBuilder::new()?;
    roots.add_cert(X509::from_pem(lab.root_pem().as_bytes())?)?;
    let mut expected = X509VerifyParam::new()?;
    expected.set_time(NOW.unix_timestamp());
    expected.set_host(&name())?;
    roots.set_param(&expected)?;
    builder.set_cert_store(roots.build());
    builder.set_verify(SslVerifyMode::PEER);
    Ok(builder.build())
}

/// s2n-tls with one session that it resumes each time. The edge does not do this: AWS documents no resumption towards
/// origins.
pub(crate) struct Resuming {
    config: Config,
}

impl Resuming {
    /// Gets a session from the origin that `dial` leads to, and proves that the next connection resumes it.
    pub(crate) async fn new(kind: &Kind, lab: &Lab, dial: impl Fn() -> TcpStream) -> Self {
        let ticket = Ticket::default();
        let resuming = Self { config: Self::config(kind, lab, &ticket).expect("s2n-tls takes the configuration") };
        let mut first = resuming.shake(dial()).await;
        // In TLS 1.3 the ticket comes after the handshake (RFC 8446 section 4.6.1), before the answer.
        let question = format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", name());
        first.write_all(question.as_bytes()).await.expect("the origin is there");
        // Some origins end without a close_notify, which is an error; the ticket is here by then.
        let _ = first.read_to_end(&mut Vec::new()).await;
        assert!(ticket.0.lock().is_ok_and(|ticket| ticket.is_some()), "{}: the origin gave no ticket", kind.id);
        for _ in 0..2 {
            assert!(resuming.shake(dial()).await.as_ref().resumed(), "{}: the session is not resumed", kind.id);
        }
        resuming
    }

    fn config(kind: &Kind, lab: &Lab, ticket: &Ticket) -> Result<Config, s2n_tls::error::Error> {
        let mut builder = bare_builder(lab, kind)?;
        builder.enable_session_tickets(true)?;
        builder.set_session_ticket_callback(ticket.clone())?;
        builder.set_connection_initializer(ticket.clone())?;
        builder.build()
    }

    pub(crate) async fn shake(&self, tcp: TcpStream) -> TlsStream<TcpStream> {
        let connector = s2n_tls_tokio::TlsConnector::new(self.config.clone());
        connector.connect(&name(), tcp).await.expect("s2n-tls completes the handshake")
    }
}

/// The first session an origin gave away.
#[derive(Clone, Default)]
struct Ticket(Arc<Mutex<Option<Vec<u8>>>>);

impl SessionTicketCallback for Ticket {
    fn on_session_ticket(&self, _: &mut Connection, ticket: &SessionTicket) {
        let mut data = ticket.len().map(|length| vec![0; length]).unwrap_or_default();
        if ticket.data(&mut data).is_ok()
            && let Ok(mut kept) = self.0.lock()
        {
            kept.get_or_insert(data);
        }
    }
}

impl ConnectionInitializer for Ticket {
    fn initialize_connection(
        &self,
        connection: &mut Connection,
    ) -> Result<Option<std::pin::Pin<Box<dyn ConnectionFuture>>>, s2n_tls::error::Error> {
        let kept = self.0.lock().ok().and_then(|kept| kept.clone());
        if let Some(ticket) = kept {
            connection.set_session_ticket(&ticket)?;
        }
        Ok(None)
    }
}
