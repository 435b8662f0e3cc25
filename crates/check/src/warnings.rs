//! What does not stop CloudFront and is worth knowing.

use edge502_handshake::wire::CipherSuite;
use edge502_handshake::{ProtocolVersion, WarningKind};
use edge502_rules::Cause;
use edge502_rules::certificate::KeyType;
use edge502_rules::chain::{ChainReport, ServedChain};
use time::Duration;

use crate::report::WarningReport;
use crate::seen::Seen;

/// All warnings of one check.
pub(crate) fn of(seen: &Seen<'_>, chain: &ServedChain, structure: Option<&ChainReport>) -> Vec<WarningReport> {
    let mut warnings: Vec<WarningReport> = Vec::new();
    warnings.extend(handshake(seen));
    warnings.extend(expiry(seen, chain, structure));
    warnings.extend(readings(seen));
    warnings.extend(s_client(seen));
    warnings.extend(s_client_refuses(seen, chain, structure));
    warnings.extend(head(seen));
    warnings.extend(answer(seen));
    warnings.extend(redirect(seen));
    warnings.extend(settings(seen));
    warnings
}

fn warning(kind: &'static str, detail: impl Into<String>) -> WarningReport {
    WarningReport { kind, detail: detail.into() }
}

/// Those of the handshake, but for expiry, which has a horizon of its own here.
fn handshake(seen: &Seen<'_>) -> impl Iterator<Item = WarningReport> {
    let known = seen.verdict.into_iter().flat_map(|verdict| &verdict.warnings);
    known
        .filter(|known| known.kind != WarningKind::ExpiresSoon)
        .map(|known| warning(known.kind.id(), known.detail.clone()))
}

fn expiry(seen: &Seen<'_>, chain: &ServedChain, structure: Option<&ChainReport>) -> Vec<WarningReport> {
    let (now, horizon) = (seen.now(), Duration::days(i64::from(seen.options.warn_days)));
    let path = structure.map(|structure| structure.path.as_slice()).unwrap_or_default();
    let certificates = path.iter().filter_map(|position| chain.get(*position));
    certificates
        .filter(|certificate| certificate.is_current(now) && certificate.not_after - now < horizon)
        .map(|certificate| {
            let days = (certificate.not_after - now).whole_days();
            let date = certificate.not_after.date();
            warning(
                "expires-soon",
                format!("{} ends in {days} days, on {date}; from then on viewers get 502", certificate.subject),
            )
        })
        .collect()
}

/// The two readings of CloudFront differ about this origin.
fn readings(seen: &Seen<'_>) -> Option<WarningReport> {
    let verdict = seen.verdict?;
    match (verdict.documented.cause(), verdict.observed.cause()) {
        (Some(documented), None) => Some(warning(
            "only-observed-accepts",
            format!(
                "AWS documents that this fails ({documented}); its TLS library alone would connect. It may work today and is not promised"
            ),
        )),
        (None, Some(observed)) => Some(warning(
            "only-documented-accepts",
            format!("AWS's text accepts this origin; its TLS library alone would refuse it ({observed})"),
        )),
        _ => None,
    }
}

/// The documented check misleads about some causes.
fn s_client(seen: &Seen<'_>) -> Option<WarningReport> {
    let why = match seen.cause? {
        Cause::CertificateNameMismatch => "it does not compare names unless `-verify_hostname` is given",
        Cause::ChainOutOfOrder | Cause::ChainLeafNotFirst => "it sorts the certificates itself",
        Cause::CipherMismatch | Cause::CurveMismatch | Cause::CertificateUnsupportedKey => {
            "it offers more than CloudFront does"
        }
        Cause::ClientCertificateRequired => "it answers the request for a certificate with an empty one and goes on",
        Cause::ProtocolMismatch => "it may offer versions that OriginSslProtocols leaves out",
        _ => return None,
    };
    Some(warning("s-client-misleads", format!("`openssl s_client` may look well for this origin: {why}")))
}

/// The documented check refuses what CloudFront takes.
fn s_client_refuses(seen: &Seen<'_>, chain: &ServedChain, structure: Option<&ChainReport>) -> Option<WarningReport> {
    if seen.cause.is_some() {
        return None;
    }
    let observation = seen.observation?;
    let old = observation.version().is_some_and(|version| version < ProtocolVersion::Tls12);
    let suite = observation.suite().and_then(CipherSuite::name).unwrap_or_default();
    let mut path = structure.iter().flat_map(|structure| &structure.path).filter_map(|position| chain.get(*position));
    let why = if old {
        "OpenSSL 3 speaks TLS 1.0 and 1.1 only with `-cipher DEFAULT@SECLEVEL=0`"
    } else if suite.contains("3DES") || suite.contains("RC4") {
        "OpenSSL 3 is usually built without 3DES and RC4"
    } else if path.any(|certificate| matches!(certificate.key, KeyType::Rsa(bits) if bits < 2048)) {
        "at its usual security level OpenSSL 3 takes no RSA key of fewer than 2048 bits"
    } else {
        return None;
    };
    Some(warning("s-client-refuses", format!("`openssl s_client` may fail where CloudFront connects: {why}")))
}

/// HEAD fails and GET does not.
fn head(seen: &Seen<'_>) -> Option<WarningReport> {
    let failure = seen.head_failed.as_ref().filter(|_| seen.answer().is_some())?;
    Some(warning("head-fails", format!("GET is answered; HEAD is not, and viewers who use it get an error: {failure}")))
}

/// A redirect that leads viewers in a circle or past CloudFront.
fn redirect(seen: &Seen<'_>) -> Option<WarningReport> {
    let (target, answer) = (seen.target, seen.answer().filter(|answer| answer.status.is_redirection())?);
    let location = answer.headers.get(http::header::LOCATION)?.to_str().ok()?;
    let host = location.parse::<http::Uri>().ok()?.host()?.to_ascii_lowercase();
    if !target.uses_https() && location.starts_with("https://") && host == target.viewer_host() {
        let told = "the origin sends viewers to HTTPS, and CloudFront asks it by HTTP again: a circle without end; set \
                    OriginProtocolPolicy to https-only";
        return Some(warning("redirect-loop", told));
    }
    (host == target.origin().domain_name.as_str() && host != target.viewer_host()).then(|| {
        warning(
            "redirect-past-cloudfront",
            format!("the origin sends viewers to its own name, {host}, past CloudFront"),
        )
    })
}

/// An origin that answers, with an error of its own.
fn answer(seen: &Seen<'_>) -> Option<WarningReport> {
    let status = seen.answer()?.status;
    match status.as_u16() {
        400..=499 => Some(warning(
            "origin-answers-error",
            format!(
                "CloudFront connects; the origin itself answers {status} to this path and Host, and the viewer gets that"
            ),
        )),
        _ => None,
    }
}

fn settings(seen: &Seen<'_>) -> impl Iterator<Item = WarningReport> {
    seen.target.notices.iter().map(|notice| warning("setting", notice.to_string()))
}
