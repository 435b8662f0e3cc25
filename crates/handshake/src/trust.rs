//! The authorities an edge trusts.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use edge502_rules::certificate::Certificate;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::HandshakeError;

/// The certificates to which an origin's chain has to lead.
///
/// CloudFront trusts the authorities of Mozilla's list
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html>);
/// a lab puts its own root in their place. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TrustStore {
    anchors: Arc<[Vec<u8>]>,
    parsed: Arc<[Certificate]>,
}

impl TrustStore {
    /// From PEM text with one certificate or more; other PEM sections are ignored.
    ///
    /// Fails if a certificate cannot be read, or if there is none.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, HandshakeError> {
        let anchors = CertificateDer::pem_slice_iter(pem.as_ref())
            .enumerate()
            .map(|(index, anchor)| anchor.map(|der| der.to_vec()).map_err(|error| unreadable(index, &error)));
        Self::new(anchors.collect::<Result<_, _>>()?)
    }

    /// From certificates in DER. Fails if one cannot be read, or if there is none.
    pub fn from_der<D: AsRef<[u8]>>(anchors: impl IntoIterator<Item = D>) -> Result<Self, HandshakeError> {
        Self::new(anchors.into_iter().map(|der| der.as_ref().to_vec()).collect())
    }

    fn new(anchors: Vec<Vec<u8>>) -> Result<Self, HandshakeError> {
        if anchors.is_empty() {
            return Err(HandshakeError::NoTrustAnchors);
        }
        let parsed = anchors
            .iter()
            .enumerate()
            .map(|(index, der)| Certificate::parse(der).map_err(|error| unreadable(index, &error.reason)))
            .collect::<Result<_, _>>()?;
        Ok(Self { anchors: anchors.into(), parsed })
    }

    /// The trusted certificates in DER, in the order given.
    pub fn anchors(&self) -> &[Vec<u8>] {
        &self.anchors
    }

    /// The trusted certificates, read; same order.
    pub fn parsed(&self) -> &[Certificate] {
        &self.parsed
    }

    /// Whether this very certificate is trusted.
    pub fn contains(&self, der: &[u8]) -> bool {
        self.anchors.iter().any(|anchor| anchor == der)
    }

    /// The store as PEM text.
    pub fn to_pem(&self) -> String {
        self.anchors.iter().fold(String::new(), |mut pem, anchor| {
            let _ = write_pem(&mut pem, anchor);
            pem
        })
    }
}

fn unreadable(index: usize, reason: &impl ToString) -> HandshakeError {
    HandshakeError::TrustAnchor { position: index + 1, reason: reason.to_string() }
}

/// Appends one certificate in the strict textual form of RFC 7468: lines of 64 characters.
fn write_pem(pem: &mut String, der: &[u8]) -> std::fmt::Result {
    writeln!(pem, "-----BEGIN CERTIFICATE-----")?;
    // 48 bytes make 64 characters, and only the last piece can carry padding.
    for line in der.chunks(48) {
        writeln!(pem, "{}", BASE64_STANDARD.encode(line))?;
    }
    writeln!(pem, "-----END CERTIFICATE-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> Vec<u8> {
        let now = time::macros::datetime!(2026-06-01 12:00 UTC);
        edge502_pki::Lab::new(now).unwrap().root_der().to_vec()
    }

    #[test]
    fn pem_and_der_are_the_same_store() {
        let (one, other) = (root(), root());
        let store = TrustStore::from_der([&one, &other]).unwrap();
        let again = TrustStore::from_pem(store.to_pem()).unwrap();
        assert_eq!(store.anchors(), again.anchors());
        assert_eq!(again.parsed().len(), 2);
        assert!(again.contains(&other) && !again.contains(&other[1..]));
    }

    #[test]
    fn an_empty_or_broken_bundle_is_refused() {
        assert!(matches!(TrustStore::from_pem(""), Err(HandshakeError::NoTrustAnchors)));
        let broken = "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n";
        assert!(matches!(TrustStore::from_pem(broken), Err(HandshakeError::TrustAnchor { position: 1, .. })));
        let second = TrustStore::from_der([root(), vec![0x30, 0]]);
        assert!(matches!(second, Err(HandshakeError::TrustAnchor { position: 2, .. })));
    }
}
