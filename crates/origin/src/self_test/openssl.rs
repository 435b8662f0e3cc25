//! The self-test's TLS client: OpenSSL, from SSL 3.0 to TLS 1.3 with everything it has.

use std::{io, net::SocketAddr, pin::Pin};

use edge502_legacy_tls::{
    ClientCertificate, LegacyTlsError, Options, init,
    openssl::{
        error::ErrorStack,
        pkey::PKey,
        ssl::{self, Ssl, SslContext, SslMethod, SslVersion},
        x509::X509,
    },
    s_client,
    tokio_openssl::SslStream,
};
use edge502_pki::Identity;
use tokio::time::{Instant, timeout_at};

use super::{
    PATIENCE,
    client::{Attempt, Attention, Finish, Offer, Talk, connect, converse},
    tls::TLS13_SUITES,
};
use crate::{
    error::OriginError,
    spec::{Protocol, TlsSpec},
    tls,
};

pub(super) use crate::tls::signs_key_exchanges;

/// The versions it can offer.
pub(super) const PROTOCOLS: [Protocol; 5] = Protocol::ALL;

/// Groups that clients in the field offer; those not in `tls.groups` must be refused.
pub(super) const COMMON_GROUPS: [&str; 5] = ["P-256", "X25519", "P-384", "P-521", "X448"];

/// Shakes hands and leaves.
pub(super) async fn attempt(offer: &Offer<'_>, addr: SocketAddr) -> Result<Attempt, OriginError> {
    let mut options = Options::permissive(addr);
    options.server_name = Some(offer.name.to_owned());
    options.timeout = PATIENCE;
    options.late_alert_wait = PATIENCE;
    options.client_certificate = offer.identity.map(presented).transpose().map_err(|error| no_client(&error))?;
    options.min_protocol = Some(version(*offer.protocols.start()));
    options.max_protocol = Some(version(*offer.protocols.end()));
    options.cipher_list.clone_from(&offer.ciphers);
    options.ciphersuites = Some(ciphersuites(offer));
    options.groups.clone_from(&offer.groups);
    options.sigalgs.clone_from(&offer.signature_schemes);
    let transcript = s_client(&options).await;
    let completed = transcript.succeeded();
    Ok(Attempt {
        local: transcript.local,
        served_chain: transcript.served_chain,
        alert: transcript.alert,
        completed,
        words: transcript.text,
    })
}

/// Says `say` inside TLS and listens to the end, with the bound counted from the handshake on.
pub(super) async fn talk(
    offer: &Offer<'_>,
    addr: SocketAddr,
    say: &[u8],
    attention: impl Into<Attention>,
) -> Result<Talk, OriginError> {
    let Attention { bound, enough } = attention.into();
    let ssl = client(offer)?;
    let deadline = Instant::now() + PATIENCE;
    let tcp = match connect(addr, deadline).await {
        Ok(tcp) => tcp,
        Err(finish) => return Ok(Talk::failed(None, finish)),
    };
    let local = tcp.local_addr().ok();
    let mut tls = SslStream::new(ssl, tcp).expect("OpenSSL wraps every stream");
    match timeout_at(deadline, Pin::new(&mut tls).connect()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            let error = error.into_io_error().unwrap_or_else(io::Error::other);
            return Ok(Talk::failed(local, Finish::of(&error)));
        }
        Err(_) => return Ok(Talk::failed(local, Finish::Silence)),
    }
    let negotiated = Some(tls::negotiated(tls.ssl()));
    Ok(Talk { local, negotiated, heard: converse(tls, say, Instant::now() + bound, enough).await })
}

/// The ClientHello with this offer, in records.
pub(super) fn hello(offer: &Offer<'_>) -> Result<Vec<u8>, OriginError> {
    let mut stream = ssl::SslStream::new(client(offer)?, Capture::default()).expect("OpenSSL wraps every stream");
    // Ends with "would block" as soon as the hello is out.
    let _ = stream.connect();
    Ok(std::mem::take(&mut stream.get_mut().0))
}

fn client(offer: &Offer<'_>) -> Result<Ssl, OriginError> {
    init().map_err(|error| no_client(&error))?;
    Ok(offering(offer).expect("OpenSSL offers what it has been built with"))
}

fn offering(offer: &Offer<'_>) -> Result<Ssl, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    context.set_security_level(0);
    context.set_min_proto_version(Some(version(*offer.protocols.start())))?;
    context.set_max_proto_version(Some(version(*offer.protocols.end())))?;
    context.set_cipher_list(offer.ciphers.as_deref().unwrap_or("ALL:!aNULL:!eNULL"))?;
    context.set_ciphersuites(&ciphersuites(offer))?;
    if let Some(groups) = &offer.groups {
        context.set_groups_list(groups)?;
    }
    if let Some(identity) = offer.identity {
        let [leaf, issuers @ ..] = &identity.served[..] else { return Err(ErrorStack::get()) };
        context.set_certificate(&*X509::from_der(leaf)?)?;
        for issuer in issuers {
            context.add_extra_chain_cert(X509::from_der(issuer)?)?;
        }
        context.set_private_key(&*PKey::private_key_from_der(identity.key.secret_der())?)?;
    }
    let mut ssl = Ssl::new(&context.build())?;
    ssl.set_hostname(offer.name)?;
    Ok(ssl)
}

fn ciphersuites(offer: &Offer<'_>) -> String {
    offer.ciphersuites.clone().unwrap_or_else(|| TLS13_SUITES.join(":"))
}

fn presented(identity: &Identity) -> Result<ClientCertificate, LegacyTlsError> {
    ClientCertificate::from_der(&identity.served, identity.key.secret_der())
}

/// The test itself cannot be made.
fn no_client(error: &LegacyTlsError) -> OriginError {
    OriginError::SelfTest {
        claim: "the self-test has a client".to_owned(),
        expected: "one made by OpenSSL".to_owned(),
        seen: error.to_string(),
    }
}

const fn version(protocol: Protocol) -> SslVersion {
    match protocol {
        Protocol::SslV3 => SslVersion::SSL3,
        Protocol::TlsV1 => SslVersion::TLS1,
        Protocol::TlsV1_1 => SslVersion::TLS1_1,
        Protocol::TlsV1_2 => SslVersion::TLS1_2,
        Protocol::TlsV1_3 => SslVersion::TLS1_3,
    }
}

/// Whether the stated suites below TLS 1.3 have one for a key of this kind; all of them by default.
pub(super) fn fits_key(tls: &TlsSpec, rsa: bool) -> bool {
    let Some(list) = &tls.ciphers else { return true };
    let other_kinds = if rsa { "!aECDSA" } else { "!aRSA" };
    // OpenSSL takes a list if a suite is left of it.
    let left = SslContext::builder(SslMethod::tls_server())
        .and_then(|mut context| context.set_cipher_list(&format!("{list}:{other_kinds}:!aDSS:!aPSK:!aNULL")));
    left.is_ok()
}

/// Whether `der` is a certificate to its last byte.
pub(super) fn reads(der: &[u8]) -> bool {
    X509::from_der(der).and_then(|read| read.to_der()).is_ok_and(|encoded| encoded == der)
}

/// Whether the identity's private key belongs to `leaf`; `false` also if that cannot be read.
pub(super) fn key_fits(identity: &Identity, leaf: &[u8]) -> bool {
    let public = X509::from_der(leaf).and_then(|leaf| leaf.public_key());
    let private = PKey::private_key_from_der(identity.key.secret_der());
    matches!((public, private), (Ok(public), Ok(private)) if public.public_eq(&private))
}

/// A peer that takes everything and says nothing.
#[derive(Debug, Default)]
struct Capture(Vec<u8>);

impl io::Read for Capture {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
