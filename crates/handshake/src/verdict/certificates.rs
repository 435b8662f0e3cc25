//! Faults of the served chain, in the order in which s2n-tls checks (`tls/s2n_x509_validator.c`).

use edge502_rules::certificate::Certificate;
use edge502_rules::chain::{Breach, ChainReport, Remark, Top};
use edge502_rules::{Cause, Finding, Grade};

use super::{Applies, Evidence, Fault, not_public, signatures, words};

/// The most certificates s2n-tls reads (`S2N_MAX_CHAIN_DEPTH`-style default of 7).
const MAX_SERVED: usize = 7;

const S2N_VALIDATOR: &str = "https://github.com/aws/s2n-tls/blob/main/tls/s2n_x509_validator.c";

/// Everything wrong with the certificates the origin sent; nothing if it sent no Certificate message.
pub(super) fn faults(evidence: &Evidence<'_>) -> Vec<Fault> {
    if evidence.observation.served_chain.is_none() {
        return Vec::new();
    }
    let mut faults = Vec::new();
    let mut both = |findings: Vec<Finding>| faults.extend(findings.into_iter().map(|f| Fault::new(f, Applies::Both)));
    both(count(evidence));
    let (Some(leaf), Some(report)) = (evidence.leaf(), &evidence.report) else {
        both(unreadable_leaf(evidence));
        return faults;
    };
    both(position(evidence, report));
    faults.extend(names(evidence, leaf, report));
    let mut both = |findings: Vec<Finding>| faults.extend(findings.into_iter().map(|f| Fault::new(f, Applies::Both)));
    both(path(evidence, report));
    both(dates(evidence, leaf));
    both(extensions(evidence, leaf));
    both(purpose(evidence, leaf));
    faults.extend(documented(evidence, leaf, report));
    faults
}

fn count(evidence: &Evidence<'_>) -> Vec<Finding> {
    let served = evidence.chain.members().len();
    if served <= MAX_SERVED {
        return Vec::new();
    }
    vec![Finding::new(Cause::ChainTooLong, format!("{served} certificates were sent; at most {MAX_SERVED} are read"))]
}

fn unreadable_leaf(evidence: &Evidence<'_>) -> Vec<Finding> {
    let detail = match evidence.chain.members().first() {
        Some(Err(unreadable)) => format!("the first certificate is {unreadable}"),
        _ => "the origin sent an empty list of certificates".to_owned(),
    };
    vec![Finding::new(Cause::CertificateInvalid, detail)]
}

fn position(evidence: &Evidence<'_>, report: &ChainReport) -> Vec<Finding> {
    if report.leaf == 0 {
        return Vec::new();
    }
    let subject = |i: usize| evidence.chain.get(i).map_or("(unreadable)", |c| c.subject.as_str());
    let detail = format!(
        "the first certificate is the authority {}; the origin's own, {}, is number {} of {}",
        subject(0),
        subject(report.leaf),
        report.leaf + 1,
        evidence.chain.members().len()
    );
    vec![Finding::new(Cause::ChainLeafNotFirst, detail)]
}

/// The name, under both readings: AWS's text takes the origin's domain or the forwarded `Host`, the library only SNI.
/// Names that a function allows count under both.
fn names(evidence: &Evidence<'_>, leaf: &Certificate, report: &ChainReport) -> Option<Fault> {
    let expectation = evidence.expectation;
    let allowed = leaf.names.effective().any(|name| expectation.allows(name));
    let documented = allowed || expectation.acceptable_names().any(|name| leaf.names.matches(name));
    let observed = (allowed || leaf.names.matches(expectation.sni.as_str())) && report.leaf == 0;
    let presented = words::list(leaf.names.effective());
    let wanted = expectation.acceptable_names().chain(expectation.allowed_names.iter().map(String::as_str));
    let wanted = wanted.collect::<Vec<_>>().join(" or ");
    let sni = expectation.sni;
    let detail = match (documented, observed) {
        (false, _) => format!("the certificate is for {presented}; wanted: {wanted} (sent as SNI: {sni})"),
        (true, false) if report.leaf == 0 => {
            format!("the certificate is for {presented}; the library looks for {sni}, the name sent as SNI, only")
        }
        _ => return None,
    };
    let finding = Finding::new(Cause::CertificateNameMismatch, detail);
    Some(match (documented, observed) {
        (false, true) => Fault::new(finding, Applies::DocumentedOnly),
        (true, false) => Fault::new(
            finding.resting_on(Grade::AwsSource, "https://github.com/aws/s2n-tls/blob/main/tls/s2n_connection.c"),
            Applies::ObservedOnly,
        ),
        _ => Fault::new(finding, Applies::Both),
    })
}

/// Where the path ends, and the limits broken along it.
fn path(evidence: &Evidence<'_>, report: &ChainReport) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &report.top {
        Top::Anchor { index } => findings.extend(signatures::broken(evidence, report, *index)),
        Top::Untrusted { position } => findings.push(untrusted(evidence, report, *position)),
        Top::MissingIssuer { position, issuer, other_key } => {
            findings.push(missing_issuer(evidence, report, *position, issuer, *other_key));
        }
    }
    findings.extend(report.breaches(evidence.chain).into_iter().map(|breach| constraint(evidence, &breach)));
    findings
}

fn untrusted(evidence: &Evidence<'_>, report: &ChainReport, position: usize) -> Finding {
    let subject = evidence.chain.get(position).map_or("(unreadable)", |c| c.subject.as_str());
    if position == report.leaf {
        let detail = format!("the certificate {subject} is its own issuer and no public authority");
        return Finding::new(Cause::CertificateSelfSigned, detail);
    }
    let detail = format!("the chain ends in the root {subject}, which is not among the trusted authorities");
    Finding::new(Cause::CertificateUntrustedCa, detail)
}

/// A path that breaks off: is a certificate missing, or is the authority unknown?
///
/// Both look alike where the authority's own certificates are not at hand. Told apart by what publicly trusted
/// certificates carry by rule of the CA/Browser Forum (a reserved policy) or practice (an address of their issuer).
fn missing_issuer(
    evidence: &Evidence<'_>,
    report: &ChainReport,
    position: usize,
    issuer: &str,
    other_key: bool,
) -> Finding {
    let subject = evidence.chain.get(position).map_or("(unreadable)", |c| c.subject.as_str());
    let claims_public = evidence.leaf().is_some_and(|leaf| leaf.public_policy);
    // A public authority has intermediates of several generations under one name, but its root is what it is.
    let bears_a_roots_name = evidence.trust.parsed().iter().any(|anchor| anchor.subject == issuer);
    if other_key && (bears_a_roots_name || !claims_public) {
        let detail =
            format!("{subject} names {issuer} as its issuer, but was signed by another key than that authority has");
        return Finding::new(Cause::CertificateUntrustedCa, detail);
    }
    if let Some(known) = not_public::authority(issuer) {
        let detail = format!("{subject} was issued by {issuer}, {}", known.what);
        return Finding::new(Cause::CertificateUntrustedCa, detail).resting_on(Grade::Observed, known.source);
    }
    if position == report.leaf || claims_public {
        let fetch = evidence.chain.get(position).and_then(|c| c.ca_issuers.first());
        let address = fetch.map(|at| format!(" (its address in the certificate: {at})")).unwrap_or_default();
        let unsure = if claims_public {
            ""
        } else {
            "; nothing in it says that it comes from a public authority, so a private one is possible, too"
        };
        let namesake = if other_key { " (a certificate of that name is there, with another key)" } else { "" };
        let detail = format!("{subject} was issued by {issuer}, which was not sent{namesake}{address}{unsure}");
        return Finding::new(Cause::ChainIncomplete, detail);
    }
    let detail = format!("the chain leads to {issuer}, which is not among the trusted authorities");
    Finding::new(Cause::CertificateUntrustedCa, detail)
}

fn constraint(evidence: &Evidence<'_>, breach: &Breach) -> Finding {
    let subject = |i: usize| evidence.chain.get(i).map_or("(unreadable)", |c| c.subject.as_str());
    let detail = match breach {
        Breach::NotAnAuthority { position } => {
            format!("{} issued a certificate but is not allowed to (no CA flag or no keyCertSign)", subject(*position))
        }
        Breach::PathTooLong { position, allowed, found } => {
            format!("{} allows {allowed} authorities below it; there are {found}", subject(*position))
        }
        Breach::NameOutside { position, name } => format!("{} may not issue for {name}", subject(*position)),
    };
    Finding::new(Cause::ChainConstraintViolated, detail)
}

/// Dates outside their limits; a certificate above the leaf is met before the leaf, as the library walks from the root.
fn dates(evidence: &Evidence<'_>, leaf: &Certificate) -> Vec<Finding> {
    let now = evidence.now;
    let outside = |certificate: &Certificate| {
        let (since, on, what) = if now > certificate.not_after {
            (now - certificate.not_after, certificate.not_after, "expired")
        } else if now < certificate.not_before {
            (certificate.not_before - now, certificate.not_before, "becomes valid")
        } else {
            return None;
        };
        let when = if what == "expired" { "ago" } else { "from now" };
        Some(format!("{what} {} {when}, on {}", words::span(since), words::date(on)))
    };
    let mut findings: Vec<Finding> = evidence
        .above_leaf()
        .map(|(_, c)| c)
        .chain(evidence.anchor())
        .filter_map(|c| Some((c, outside(c)?)))
        .map(|(c, when)| Finding::new(Cause::ChainIntermediateExpired, format!("{}: {when}", c.subject)))
        .collect();
    if let Some(when) = outside(leaf) {
        let cause = if now > leaf.not_after { Cause::CertificateExpired } else { Cause::CertificateNotYetValid };
        findings.push(Finding::new(cause, when));
    }
    findings
}

fn extensions(evidence: &Evidence<'_>, leaf: &Certificate) -> Vec<Finding> {
    let mut findings = Vec::new();
    let path = std::iter::once(leaf).chain(evidence.above_leaf().map(|(_, c)| c));
    for certificate in path {
        for oid in &certificate.unknown_critical {
            let detail =
                format!("{} carries the critical extension {oid}, which cannot be honoured", certificate.subject);
            findings.push(Finding::new(Cause::CertificateInvalid, detail).resting_on(Grade::AwsSource, S2N_VALIDATOR));
        }
        if certificate.signature.starts_with("md5") {
            let detail = format!("{} is signed with {}", certificate.subject, certificate.signature);
            findings.push(Finding::new(Cause::CertificateInvalid, detail).resting_on(Grade::AwsSource, S2N_VALIDATOR));
        }
    }
    if leaf.trailing > 0 {
        let detail = format!("{} bytes follow the certificate", leaf.trailing);
        findings.push(Finding::new(Cause::CertificateInvalid, detail).resting_on(Grade::AwsSource, S2N_VALIDATOR));
    }
    findings
}

fn purpose(evidence: &Evidence<'_>, leaf: &Certificate) -> Vec<Finding> {
    let path = std::iter::once(leaf).chain(evidence.above_leaf().map(|(_, c)| c));
    let mut findings: Vec<Finding> = path
        .filter(|c| c.server_purpose == Some(false))
        .map(|c| {
            let detail =
                format!("{} is for {}; serverAuth is not among its purposes", c.subject, c.purposes.join(", "));
            Finding::new(Cause::CertificateWrongPurpose, detail)
        })
        .collect();
    if !leaf.may_serve {
        let detail =
            format!("the key usage of {} allows neither signing nor key exchange in a handshake", leaf.subject);
        findings.push(Finding::new(Cause::CertificateWrongPurpose, detail));
    }
    findings
}

/// Rules that AWS writes down and the library does not enforce.
fn documented(evidence: &Evidence<'_>, leaf: &Certificate, report: &ChainReport) -> Vec<Fault> {
    let mut findings = Vec::new();
    for remark in &report.remarks {
        if let (Remark::OutOfOrder { path }, 0) = (remark, report.leaf) {
            let order = path.iter().map(|i| (i + 1).to_string()).collect::<Vec<_>>().join(", ");
            let detail =
                format!("certificates came out of order; leaf first, each followed by its issuer, would be: {order}");
            findings.push(Finding::new(Cause::ChainOutOfOrder, detail));
        }
    }
    if !leaf.key.is_documented() {
        let detail =
            format!("the key is {}; AWS lists RSA 1024, 2048, 3072, 4096 and ECDSA prime256v1, secp384r1", leaf.key);
        findings.push(Finding::new(Cause::CertificateUnsupportedKey, detail));
    }
    let path = std::iter::once(leaf).chain(evidence.above_leaf().map(|(_, c)| c));
    findings.extend(path.filter(|c| c.signature.to_ascii_lowercase().contains("sha1")).map(|c| {
        let detail =
            format!("{} is signed with {}; that CloudFront refuses SHA-1 is an assumption", c.subject, c.signature);
        Finding::new(Cause::CertificateInvalid, detail).resting_on(
            Grade::Inferred,
            "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html",
        )
    }));
    findings.into_iter().map(|finding| Fault::new(finding, Applies::DocumentedOnly)).collect()
}
