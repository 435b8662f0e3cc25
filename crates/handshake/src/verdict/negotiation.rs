//! What AWS documents about versions, suites and client certificates, and the library does not enforce.

use edge502_rules::{Cause, Finding};

use super::{Applies, Evidence, Fault};
use crate::observation::End;
use crate::policy;
use crate::wire::{CipherSuite, ProtocolVersion};

/// The suites below TLS 1.3 that AWS lists for connections to origins, by number
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-ciphers-cloudfront-to-origin.html>).
const LISTED: [u16; 16] = [
    0xC02C, 0xC024, 0xC00A, 0xC02B, 0xC023, 0xC009, 0xC030, 0xC028, 0xC014, 0xC02F, 0xC027, 0xC013, 0x0035, 0x002F,
    0x000A, 0x0004,
];

/// Faults of what was negotiated, for the documented rulebook.
pub(super) fn faults(evidence: &Evidence<'_>) -> Vec<Fault> {
    let observation = evidence.observation;
    let mut faults: Vec<Fault> = Vec::new();
    let mut documented = |finding| faults.push(Fault::new(finding, Applies::DocumentedOnly));
    if let (Some(version), End::Completed) = (observation.version(), &observation.end) {
        documented_version(evidence, version).into_iter().for_each(&mut documented);
    }
    if let (Some(suite), End::Completed) = (observation.suite(), &observation.end) {
        documented_suite(observation.version(), suite).into_iter().for_each(&mut documented);
    }
    if observation.certificate_request && evidence.expectation.client_certificate.is_none() {
        documented(Finding::new(
            Cause::ClientCertificateRequired,
            "the origin sent a CertificateRequest, and no origin mTLS is configured",
        ));
    }
    faults
}

fn documented_version(evidence: &Evidence<'_>, version: ProtocolVersion) -> Option<Finding> {
    let protocols = evidence.expectation.protocols;
    if policy::documented_versions(protocols).contains(&version) {
        return None;
    }
    let listed = protocols.iter().map(|p| p.to_string()).collect::<Vec<_>>().join(", ");
    let detail = format!("the origin chose {version}; OriginSslProtocols lists {listed} only");
    Some(Finding::new(Cause::ProtocolMismatch, detail))
}

fn documented_suite(version: Option<ProtocolVersion>, suite: CipherSuite) -> Option<Finding> {
    if version == Some(ProtocolVersion::Tls13) || LISTED.contains(&suite.0) {
        return None;
    }
    let name = suite.openssl_name().map_or_else(|| suite.to_string(), str::to_owned);
    let detail = format!("the origin chose {name}, which the library offers and AWS's list does not have");
    Some(Finding::new(Cause::CipherMismatch, detail))
}
