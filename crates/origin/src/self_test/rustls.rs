//! The self-test's TLS client in a build without OpenSSL: rustls, with a verifier that takes every certificate it can
//! read, whoever issued it and whatever it says.

use std::{
    io, iter,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use edge502_pki::Identity;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime},
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::{
    PATIENCE,
    client::{Attempt, Attention, Finish, Offer, Talk, connect, converse},
};
use crate::{
    error::OriginError,
    spec::{Protocol, TlsSpec},
    tls,
};

/// The versions it can offer. Older ones are not in rustls, on either side.
pub(super) const PROTOCOLS: [Protocol; 2] = [Protocol::TlsV1_2, Protocol::TlsV1_3];

/// Groups that clients in the field offer; those not in `tls.groups` must be refused.
pub(super) const COMMON_GROUPS: [&str; 3] = ["P-256", "X25519", "P-384"];

/// Shakes hands and leaves.
pub(super) async fn attempt(offer: &Offer<'_>, addr: SocketAddr) -> Result<Attempt, OriginError> {
    let client = Client::new(offer)?;
    let deadline = Instant::now() + PATIENCE;
    let (local, shaken) = client.shake_hands(addr, deadline).await;
    let (completed, alert, words) = match shaken {
        Ok(mut tls) => {
            // The origin may be gone already; nothing is owed to it.
            let _ = timeout_at(deadline, tls.shutdown()).await;
            (true, None, "completed".to_owned())
        }
        Err(Failure::Handshake(error)) => (false, tls::Stream::received_alert(&error), error.to_string()),
        Err(Failure::Finish(finish)) => (false, None, format!("{finish:?}")),
    };
    Ok(Attempt { local, served_chain: client.verifier.served(), alert, completed, words })
}

/// Says `say` inside TLS and listens to the end, with the bound counted from the handshake on.
pub(super) async fn talk(
    offer: &Offer<'_>,
    addr: SocketAddr,
    say: &[u8],
    attention: impl Into<Attention>,
) -> Result<Talk, OriginError> {
    let Attention { bound, enough } = attention.into();
    let (local, shaken) = Client::new(offer)?.shake_hands(addr, Instant::now() + PATIENCE).await;
    let tls = match shaken {
        Ok(tls) => tls,
        Err(Failure::Handshake(error)) => return Ok(Talk::failed(local, Finish::of(&error))),
        Err(Failure::Finish(finish)) => return Ok(Talk::failed(local, finish)),
    };
    let negotiated = Some(tls::negotiated(tls.get_ref().1));
    Ok(Talk { local, negotiated, heard: converse(tls, say, Instant::now() + bound, enough).await })
}

/// The ClientHello with this offer, in records.
pub(super) fn hello(offer: &Offer<'_>) -> Result<Vec<u8>, OriginError> {
    let client = Client::new(offer)?;
    let mut connection =
        ClientConnection::new(client.config, client.name).map_err(|error| no_client(&error.to_string()))?;
    let mut hello = Vec::new();
    connection.write_tls(&mut hello).expect("a vector takes everything");
    Ok(hello)
}

/// Whether the stated suites below TLS 1.3 have one for the key: rustls takes no list, so it has them all.
pub(super) fn fits_key(_: &TlsSpec, _: bool) -> bool {
    true
}

/// Whether it takes `leaf` below TLS 1.3: it does not ask for the key usage.
pub(super) fn signs_key_exchanges(_: &[u8]) -> bool {
    true
}

/// Whether `der` is a certificate to its last byte.
pub(super) fn reads(der: &[u8]) -> bool {
    X509Certificate::from_der(der).is_ok_and(|(rest, _)| rest.is_empty())
}

/// Whether the identity's private key belongs to `leaf`; `false` also if that cannot be read.
pub(super) fn key_fits(identity: &Identity, leaf: &[u8]) -> bool {
    let (Ok(key), Ok((_, leaf))) =
        (aws_lc_rs::sign::any_supported_type(&identity.key), X509Certificate::from_der(leaf))
    else {
        return false;
    };
    key.public_key().is_some_and(|own| own.as_ref() == leaf.public_key().raw)
}

/// A client with one offer, for one connection.
struct Client {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    verifier: Arc<TakesAll>,
}

/// Why there is no TLS connection.
enum Failure {
    Finish(Finish),
    Handshake(io::Error),
}

impl Client {
    fn new(offer: &Offer<'_>) -> Result<Self, OriginError> {
        let provider = provider(offer)?;
        let versions = [(Protocol::TlsV1_2, &TLS12), (Protocol::TlsV1_3, &TLS13)];
        let versions: Vec<_> =
            versions.into_iter().filter(|(protocol, _)| offer.protocols.contains(protocol)).map(|(_, v)| v).collect();
        let algorithms = provider.signature_verification_algorithms;
        let verifier = Arc::new(TakesAll { algorithms, served: Mutex::default() });
        let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&versions)
            .map_err(|error| no_client(&error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone())
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        let name = ServerName::try_from(offer.name.to_owned()).map_err(|error| no_client(&error.to_string()))?;
        Ok(Self { config: Arc::new(config), name, verifier })
    }

    /// The connection, and its own end of it.
    async fn shake_hands(
        &self,
        addr: SocketAddr,
        deadline: Instant,
    ) -> (Option<SocketAddr>, Result<TlsStream<Piecewise>, Failure>) {
        let tcp = match connect(addr, deadline).await {
            Ok(tcp) => tcp,
            Err(finish) => return (None, Err(Failure::Finish(finish))),
        };
        let (local, tcp) = (tcp.local_addr().ok(), Piecewise { tcp, pauses: false });
        let connecting = TlsConnector::from(self.config.clone()).connect(self.name.clone(), tcp);
        let connected = timeout_at(deadline, connecting).await;
        (local, connected.map_or(Err(Failure::Finish(Finish::Silence)), |shaken| shaken.map_err(Failure::Handshake)))
    }
}

/// Lets its reader look up after each piece. Otherwise a reset right behind the last message of a handshake would hide that
/// the handshake completed.
struct Piecewise {
    tcp: TcpStream,
    pauses: bool,
}

impl AsyncRead for Piecewise {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if std::mem::take(&mut self.pauses) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let read = Pin::new(&mut self.tcp).poll_read(cx, buffer);
        self.pauses = matches!(read, Poll::Ready(Ok(())));
        read
    }
}

impl AsyncWrite for Piecewise {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

fn provider(offer: &Offer<'_>) -> Result<CryptoProvider, OriginError> {
    let mut provider = aws_lc_rs::default_provider();
    if let Some(names) = &offer.groups {
        provider.kx_groups = tls::groups(names.split(':')).map_err(|error| no_client(&error))?;
    }
    Ok(provider)
}

/// The test itself cannot be made.
fn no_client(error: &str) -> OriginError {
    OriginError::SelfTest {
        claim: "the self-test has a client".to_owned(),
        expected: "one made by rustls".to_owned(),
        seen: error.to_owned(),
    }
}

/// Takes every chain whose certificates can be read, and remembers it. Only the handshake's own signature has to be that
/// of the first certificate's key.
#[derive(Debug)]
struct TakesAll {
    algorithms: WebPkiSupportedAlgorithms,
    served: Mutex<Vec<Vec<u8>>>,
}

impl TakesAll {
    /// The certificates that came, in wire order.
    fn served(&self) -> Vec<Vec<u8>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn check(
        &self,
        message: &[u8],
        leaf: &[u8],
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let (_, leaf) = X509Certificate::from_der(leaf).map_err(|_| CertificateError::BadEncoding)?;
        let key = &leaf.public_key().subject_public_key.data;
        let of_scheme = self.algorithms.mapping.iter().filter(|(scheme, _)| *scheme == signed.scheme);
        let fits = of_scheme
            .flat_map(|(_, algorithms)| *algorithms)
            .any(|algorithm| algorithm.verify_signature(key, message, signed.signature()).is_ok());
        if fits { Ok(HandshakeSignatureValid::assertion()) } else { Err(CertificateError::BadSignature.into()) }
    }
}

impl ServerCertVerifier for TakesAll {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let served: Vec<Vec<u8>> = iter::once(leaf).chain(others).map(|der| der.to_vec()).collect();
        let readable = served.iter().all(|der| reads(der));
        *self.served.lock().unwrap_or_else(PoisonError::into_inner) = served;
        if readable { Ok(ServerCertVerified::assertion()) } else { Err(CertificateError::BadEncoding.into()) }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
