//! TLS towards viewers, as CloudFront's security policy `TLSv1.2_2021` has it
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html>).
//!
//! The listener is rustls: versions, suites and their order are CloudFront's; the alerts for clients that have nothing
//! in common differ in their numbers. Nothing set here has an influence on origins.

use std::sync::Arc;

use edge502_rules::distribution::HttpVersion;
use rustls::crypto::aws_lc_rs::{cipher_suite as suite, default_provider, kx_group};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ServerConfig;
use rustls::{CipherSuite, ProtocolVersion, ServerConnection, SupportedCipherSuite};

use crate::EdgeError;

/// The certificate that viewers see, with its chain, and the private key.
#[derive(Debug)]
pub struct ViewerIdentity {
    /// Leaf first, in wire order.
    pub chain: Vec<CertificateDer<'static>>,
    /// The leaf's key.
    pub key: PrivateKeyDer<'static>,
}

/// The suites of `TLSv1.2_2021`, in the order in which CloudFront prefers them.
static SUITES: &[SupportedCipherSuite] = &[
    suite::TLS13_AES_128_GCM_SHA256,
    suite::TLS13_AES_256_GCM_SHA384,
    suite::TLS13_CHACHA20_POLY1305_SHA256,
    suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];

/// The listener's configuration. `versions` says whether HTTP/2 is offered by ALPN besides HTTP/1.1.
pub(crate) fn server_config(identity: ViewerIdentity, versions: HttpVersion) -> Result<Arc<ServerConfig>, EdgeError> {
    let mut provider = default_provider();
    provider.cipher_suites = SUITES.to_vec();
    provider.kx_groups = vec![kx_group::X25519, kx_group::SECP256R1, kx_group::SECP384R1];
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(identity.chain, identity.key)?;
    config.ignore_client_order = true;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    if versions.allows_http2() {
        config.alpn_protocols.insert(0, b"h2".to_vec());
    }
    Ok(Arc::new(config))
}

/// The log's words for a viewer's connection: `ssl-protocol` and `ssl-cipher`.
pub(crate) fn log_words(connection: &ServerConnection) -> (Option<String>, Option<String>) {
    let protocol = connection.protocol_version().and_then(|version| match version {
        ProtocolVersion::TLSv1_2 => Some("TLSv1.2".to_owned()),
        ProtocolVersion::TLSv1_3 => Some("TLSv1.3".to_owned()),
        _ => None,
    });
    let cipher = connection.negotiated_cipher_suite().and_then(|chosen| openssl_name(chosen.suite()));
    (protocol, cipher.map(str::to_owned))
}

/// The name under which AWS lists and logs a suite.
fn openssl_name(suite: CipherSuite) -> Option<&'static str> {
    Some(match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => "TLS_AES_128_GCM_SHA256",
        CipherSuite::TLS13_AES_256_GCM_SHA384 => "TLS_AES_256_GCM_SHA384",
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => "TLS_CHACHA20_POLY1305_SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => "ECDHE-ECDSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => "ECDHE-RSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => "ECDHE-ECDSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-ECDSA-CHACHA20-POLY1305",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => "ECDHE-RSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-RSA-CHACHA20-POLY1305",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_has_a_name_for_the_log() {
        for suite in SUITES {
            assert!(openssl_name(suite.suite()).is_some(), "{:?}", suite.suite());
        }
    }
}
