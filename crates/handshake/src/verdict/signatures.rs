//! Which signature of a chain does not fit.
//!
//! s2n-tls reports a certificate with a damaged signature as untrusted and does not say which. Names and key identifiers
//! of such a chain are in order, so only the signatures themselves tell.

use edge502_rules::chain::ChainReport;
use edge502_rules::{Cause, Finding, Grade};
use x509_parser::error::X509Error;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::Evidence;

const S2N_VALIDATOR: &str = "https://github.com/aws/s2n-tls/blob/main/tls/s2n_x509_validator.c";

/// The certificates of the path whose signature is not their issuer's, if the library distrusts a path that leads to
/// the trusted certificate number `anchor`.
pub(super) fn broken(evidence: &Evidence<'_>, report: &ChainReport, anchor: usize) -> Vec<Finding> {
    let observation = evidence.observation;
    let served = observation.served_chain.as_deref().filter(|_| observation.failed_with("CERT_UNTRUSTED"));
    let path = report.path.iter().filter_map(|position| served?.get(*position));
    let path: Vec<&[u8]> = path.chain(evidence.trust.anchors().get(anchor)).map(Vec::as_slice).collect();
    path.windows(2).filter(|pair| !signature_fits(pair[0], pair[1])).filter_map(|pair| finding(pair[0])).collect()
}

/// Whether `issuer` signed `certificate`, both DER. An algorithm that is not known here is given the benefit of the
/// doubt, and so is what cannot be read.
pub fn signature_fits(certificate: &[u8], issuer: &[u8]) -> bool {
    let (Ok((_, certificate)), Ok((_, issuer))) =
        (X509Certificate::from_der(certificate), X509Certificate::from_der(issuer))
    else {
        return true;
    };
    !matches!(certificate.verify_signature(Some(issuer.public_key())), Err(X509Error::SignatureVerificationError))
}

fn finding(certificate: &[u8]) -> Option<Finding> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let (subject, issuer) = (certificate.subject(), certificate.issuer());
    let detail = format!("the signature of {subject} does not fit: it was changed after {issuer} had signed it");
    Some(Finding::new(Cause::CertificateInvalid, detail).resting_on(Grade::AwsSource, S2N_VALIDATOR))
}
