//! rustls: sends any list of certificates with any key, in any order.

use std::{io, sync::Arc};

use rustls::{
    CommonState, NamedGroup, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion,
    crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{Encrypted, Ingredients, Session, Stream};
use crate::{
    history::Negotiated,
    spec::{ClientCertificate, Protocol, TlsSpec},
    tap::Tap,
};

/// A rustls server, or the reason why rustls cannot serve this.
pub(super) fn acceptor(ingredients: &Ingredients<'_>) -> Result<TlsAcceptor, String> {
    let tls = ingredients.tls;
    if tls.ciphers.is_some() || tls.ciphersuites.is_some() {
        return Err("rustls takes no OpenSSL cipher list".to_owned());
    }
    if tls.renegotiate {
        return Err("rustls never renegotiates".to_owned());
    }
    if tls.signature_schemes.is_some() {
        return Err("rustls takes no OpenSSL list of signature schemes".to_owned());
    }
    if tls.client_certificate != ClientCertificate::None {
        return Err("client certificates are OpenSSL's part here".to_owned());
    }
    let provider = provider(tls)?;
    let key = provider
        .key_provider
        .load_private_key(ingredients.identity.key.clone_key())
        .map_err(|error| format!("rustls does not take this kind of private key: {error}"))?;
    let certified = Arc::new(CertifiedKey::new(ingredients.identity.served.clone(), key));
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&versions(tls)?)
        .map_err(|error| format!("rustls refuses these versions and suites: {error}"))?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Fixed(certified)));
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn provider(tls: &TlsSpec) -> Result<CryptoProvider, String> {
    let mut provider = aws_lc_rs::default_provider();
    if !tls.groups.is_empty() {
        provider.kx_groups = groups(tls.groups.iter().map(String::as_str))?;
    }
    Ok(provider)
}

/// Groups by OpenSSL's names, or the name that rustls does not have.
pub(crate) fn groups<'a>(names: impl Iterator<Item = &'a str>) -> Result<Vec<&'static dyn SupportedKxGroup>, String> {
    let known = |group| aws_lc_rs::ALL_KX_GROUPS.iter().find(|candidate| candidate.name() == group).copied();
    names.map(|name| named_group(name).and_then(known).ok_or_else(|| format!("rustls has no group `{name}`"))).collect()
}

fn named_group(name: &str) -> Option<NamedGroup> {
    match name.to_ascii_lowercase().as_str() {
        "p-256" | "prime256v1" | "secp256r1" => Some(NamedGroup::secp256r1),
        "p-384" | "secp384r1" => Some(NamedGroup::secp384r1),
        "x25519" => Some(NamedGroup::X25519),
        "x25519mlkem768" => Some(NamedGroup::X25519MLKEM768),
        _ => None,
    }
}

fn versions(tls: &TlsSpec) -> Result<Vec<&'static SupportedProtocolVersion>, String> {
    tls.protocols
        .iter()
        .map(|protocol| match protocol {
            Protocol::TlsV1_2 => Ok(&TLS12),
            Protocol::TlsV1_3 => Ok(&TLS13),
            older => Err(format!("rustls does not speak {older}")),
        })
        .collect()
}

/// Serves one chain and key to everyone, whether they fit each other or not.
#[derive(Debug)]
struct Fixed(Arc<CertifiedKey>);

impl ResolvesServerCert for Fixed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

pub(super) async fn accept(acceptor: &TlsAcceptor, tap: Tap) -> (Stream, io::Result<Session>) {
    match acceptor.accept(tap).into_fallible().await {
        Ok(tls) => {
            let session = Session { negotiated: negotiated(tls.get_ref().1), client_certificate: None };
            (Stream::Tls(Box::new(tls)), Ok(session))
        }
        Err((error, tap)) => (Stream::Plain(tap), Err(error)),
    }
}

impl Encrypted for TlsStream<Tap> {
    fn tap(&self) -> &Tap {
        self.get_ref().0
    }

    fn tap_mut(&mut self) -> &mut Tap {
        self.get_mut().0
    }

    /// rustls says so itself: a missing one is an error.
    fn ended_with_close_notify(&self) -> bool {
        true
    }
}

/// What a completed handshake agreed on.
pub(crate) fn negotiated(connection: &CommonState) -> Negotiated {
    let version = match connection.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_2) => Protocol::TlsV1_2,
        _ => Protocol::TlsV1_3,
    };
    let suite = connection.negotiated_cipher_suite().map(iana_name).unwrap_or_default();
    Negotiated { version: version.to_string(), cipher_suite: suite }
}

/// rustls writes `TLS13_` where the registry writes `TLS_`.
fn iana_name(suite: SupportedCipherSuite) -> String {
    suite.suite().as_str().unwrap_or_default().replacen("TLS13_", "TLS_", 1)
}

pub(super) fn received_alert(error: &io::Error) -> Option<u8> {
    match error.get_ref()?.downcast_ref()? {
        rustls::Error::AlertReceived(description) => Some(u8::from(*description)),
        _ => None,
    }
}
