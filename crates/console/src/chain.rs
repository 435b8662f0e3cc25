//! The served chain as it is drawn: each certificate in wire order, with what is wrong at its place.
//!
//! Where a fault stands follows from the verdict's findings and from the arrangement of what was sent; the origin's
//! configuration is not asked.

use edge502_edge::Exchange;
use edge502_rules::certificate::{Certificate, Unreadable};
use edge502_rules::chain::{ChainReport, Top};
use edge502_rules::{Cause, Finding, Phase};
use edge502_scenario::serve::Look;

/// What a certificate is in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The origin's own.
    Leaf,
    /// Between the origin's own and the root.
    Intermediate,
    /// One that names itself as issuer.
    Root,
    /// Takes no part in the path.
    Surplus,
    /// Cannot be read.
    Unreadable,
}

/// One place in the drawing.
pub(crate) enum Link<'a> {
    /// A certificate that was sent.
    Served {
        /// Its position in the message, counted from 0.
        position: usize,
        /// What it is.
        role: Role,
        /// What it says.
        certificate: &'a Result<Certificate, Unreadable>,
        /// What is wrong with it, or with its place.
        faults: Vec<&'a Finding>,
    },
    /// One that is missing here.
    Missing {
        /// Its name.
        issuer: String,
        /// What is wrong.
        faults: Vec<&'a Finding>,
    },
}

/// The drawing, in wire order.
pub(crate) fn links(look: &Look) -> Vec<Link<'_>> {
    drawn(look, &findings(&look.exchange))
}

/// The same for those who are to find out what is wrong.
pub(crate) fn unmarked(look: &Look) -> Vec<Link<'_>> {
    drawn(look, &[])
}

fn drawn<'a>(look: &'a Look, findings: &[&'a Finding]) -> Vec<Link<'a>> {
    let report = look.arrangement.as_ref();
    let incomplete = findings.iter().find(|finding| finding.cause == Cause::ChainIncomplete);
    let gap = incomplete.map(|finding| gap(finding, look));
    let mut links = Vec::new();
    for (position, certificate) in look.served.members().iter().enumerate() {
        let here = findings.iter().filter(|finding| marked(finding.cause, look).contains(&position));
        let role = role(position, certificate, report);
        links.push(Link::Served { position, role, certificate, faults: here.copied().collect() });
        if let Some((_, issuer, finding)) = gap.as_ref().filter(|(after, _, _)| *after == position) {
            links.push(Link::Missing { issuer: issuer.clone(), faults: vec![*finding] });
        }
    }
    links
}

/// What is wrong with the chain; what CloudFront trips over first.
fn findings(exchange: &Exchange) -> Vec<&Finding> {
    let handshake = exchange.failure.as_ref().and_then(|failure| failure.handshake.as_ref());
    let findings = handshake.map(|report| report.verdict.judgement().findings.iter()).into_iter().flatten();
    findings.filter(|finding| matches!(finding.cause.phase(), Phase::Certificate | Phase::Chain)).collect()
}

/// After which certificate another is missing, and its name.
fn gap<'a>(finding: &'a Finding, look: &Look) -> (usize, String, &'a Finding) {
    let top = look.arrangement.as_ref().map(|report| &report.top);
    if let Some(Top::MissingIssuer { position, issuer, .. }) = top {
        return (*position, issuer.clone(), finding);
    }
    let last = look.served.members().len().saturating_sub(1);
    (last, look.served.get(last).map(|certificate| certificate.issuer.clone()).unwrap_or_default(), finding)
}

/// The positions that a fault of this cause is about.
fn marked(cause: Cause, look: &Look) -> Vec<usize> {
    let report = look.arrangement.as_ref();
    let leaf = report.map_or(0, |report| report.leaf);
    let path = report.map(|report| report.path.as_slice()).unwrap_or_default();
    let out_of_dates = |position: &usize| look.served.get(*position).is_some_and(|found| !found.is_current(look.at));
    match cause {
        // Drawn as a gap.
        Cause::ChainIncomplete => Vec::new(),
        Cause::ChainOutOfOrder => path
            .iter()
            .enumerate()
            .filter(|(place, position)| place != *position)
            .map(|(_, position)| *position)
            .collect(),
        Cause::ChainLeafNotFirst => vec![0],
        Cause::ChainIntermediateExpired => path.iter().copied().filter(|p| *p != leaf).filter(out_of_dates).collect(),
        Cause::ChainTooLong => vec![look.served.members().len().saturating_sub(1)],
        Cause::ChainConstraintViolated => constrained(look, leaf),
        Cause::CertificateUntrustedCa => match report.map(|report| &report.top) {
            Some(Top::Untrusted { position } | Top::MissingIssuer { position, .. }) => vec![*position],
            _ => vec![leaf],
        },
        _ => vec![leaf],
    }
}

/// Whose limits are broken.
fn constrained(look: &Look, leaf: usize) -> Vec<usize> {
    use edge502_rules::chain::Breach;
    let breaches = look.arrangement.as_ref().map(|report| report.breaches(&look.served)).unwrap_or_default();
    let positions: Vec<usize> = breaches
        .iter()
        .map(|breach| match breach {
            Breach::NotAnAuthority { position }
            | Breach::PathTooLong { position, .. }
            | Breach::NameOutside { position, .. } => *position,
        })
        .collect();
    if positions.is_empty() { vec![leaf] } else { positions }
}

fn role(position: usize, certificate: &Result<Certificate, Unreadable>, report: Option<&ChainReport>) -> Role {
    let (Ok(certificate), Some(report)) = (certificate, report) else {
        return if certificate.is_ok() { Role::Surplus } else { Role::Unreadable };
    };
    if position == report.leaf {
        Role::Leaf
    } else if certificate.is_self_issued() {
        Role::Root
    } else if report.path.contains(&position) {
        Role::Intermediate
    } else {
        Role::Surplus
    }
}
