//! What does not stop CloudFront and is worth knowing.

use edge502_rules::chain::Remark;
use time::Duration;

use super::{Evidence, words};
use crate::wire::ProtocolVersion;

/// How close an end date has to be to be warned about.
const SOON: Duration = Duration::days(30);

/// A kind of warning; the ids are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WarningKind {
    /// A certificate of the path ends within 30 days.
    ExpiresSoon,
    /// Certificates that are not needed were sent.
    SurplusCertificate,
    /// The name stands only in the subject's common name.
    CommonNameOnly,
    /// A version below TLS 1.2 was negotiated.
    LegacyProtocol,
    /// Host is forwarded, and only the origin's own domain is in the certificate.
    HostNotInCertificate,
    /// The certificate demands a stapled OCSP answer.
    MustStaple,
}

impl WarningKind {
    /// The stable id.
    pub const fn id(self) -> &'static str {
        match self {
            Self::ExpiresSoon => "expires-soon",
            Self::SurplusCertificate => "surplus-certificate",
            Self::CommonNameOnly => "common-name-only",
            Self::LegacyProtocol => "legacy-protocol",
            Self::HostNotInCertificate => "host-not-in-certificate",
            Self::MustStaple => "must-staple",
        }
    }
}

/// Something worth knowing, with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What kind.
    pub kind: WarningKind,
    /// What was seen.
    pub detail: String,
}

/// All warnings of one connection.
pub(super) fn of(evidence: &Evidence<'_>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |kind, detail| warnings.push(Warning { kind, detail });
    for detail in expiry(evidence) {
        warn(WarningKind::ExpiresSoon, detail);
    }
    for detail in surplus(evidence) {
        warn(WarningKind::SurplusCertificate, detail);
    }
    if let Some(leaf) = evidence.leaf() {
        if leaf.names.common_name_only() {
            warn(WarningKind::CommonNameOnly, format!("{} has no subject alternative name", leaf.subject));
        }
        if leaf.must_staple {
            let detail = format!(
                "{} demands a stapled OCSP answer; CloudFront asks for none, and clients that do refuse an origin without one",
                leaf.subject
            );
            warn(WarningKind::MustStaple, detail);
        }
        if let Some(host) = evidence.expectation.forwarded_host.filter(|host| {
            !leaf.names.matches(host.as_str()) && leaf.names.matches(evidence.expectation.origin_domain.as_str())
        }) {
            warn(WarningKind::HostNotInCertificate, format!("Host is forwarded, and {host} is not in the certificate"));
        }
    }
    if let Some(version) = evidence.observation.version().filter(|version| *version < ProtocolVersion::Tls12) {
        warn(WarningKind::LegacyProtocol, format!("{version} was negotiated; upgrade the origin to TLS 1.2 or 1.3"));
    }
    warnings
}

fn expiry(evidence: &Evidence<'_>) -> Vec<String> {
    let path = evidence.leaf().into_iter().chain(evidence.above_leaf().map(|(_, c)| c));
    path.filter(|c| c.is_current(evidence.now) && c.not_after - evidence.now < SOON)
        .map(|c| {
            let left = words::span(c.not_after - evidence.now);
            format!("{} expires in {left}, on {}", c.subject, words::date(c.not_after))
        })
        .collect()
}

fn surplus(evidence: &Evidence<'_>) -> Vec<String> {
    let subject = |i: usize| evidence.chain.get(i).map_or("(unreadable)", |c| c.subject.as_str());
    let remarks = evidence.report.iter().flat_map(|report| &report.remarks);
    remarks
        .filter_map(|remark| match remark {
            Remark::Duplicate { first, again } => {
                Some(format!("certificate {} is the same as certificate {}", again + 1, first + 1))
            }
            Remark::Unrelated { position } => {
                Some(format!("{} (number {}) is not needed", subject(*position), position + 1))
            }
            Remark::RootIncluded { position } => {
                Some(format!("the root {} (number {}) need not be sent", subject(*position), position + 1))
            }
            Remark::LeafNotFirst { .. } | Remark::OutOfOrder { .. } => None,
        })
        .collect()
}
