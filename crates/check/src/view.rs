//! From what was seen to the report.

use std::fmt::Write as _;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use edge502_edge::OriginAnswer;
use edge502_handshake::wire::ClientHello;
use edge502_handshake::{End, Observation};
use edge502_rules::certificate::Certificate;
use edge502_rules::chain::{ChainReport, Remark, ServedChain, Top};
use edge502_rules::outcome::{DetailedResultType, Outcome};
use edge502_rules::page::Page;
use edge502_rules::{Cause, Finding};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::conversation::suite;
use crate::fix;
use crate::probes::Probed;
use crate::report::{
    CertificateReport, FindingReport, HandshakeReport, Observed, OfferReport, Report, ResponseReport, TargetReport,
    Verdict,
};
use crate::seen::{Ending, Seen, status_of};
use crate::warnings;

/// Puts the report together.
pub(crate) fn report(mut seen: Seen<'_>) -> Report {
    let chain = seen.chain();
    let structure = chain.report(seen.options.trust.parsed(), seen.now());
    let outcome = seen.cause.map(Outcome::of);
    let log_type = outcome.map_or(DetailedResultType::Miss, |outcome| outcome.detailed_result_type);
    let conversation = std::mem::take(&mut seen.conversation);
    let other_name = seen.other_name.clone();
    Report {
        target: target(&seen),
        verdict: Verdict::of(seen.cause),
        rules: seen.options.rulebook,
        status: status_of(seen.ending, seen.cause),
        cause: seen.cause,
        page_sentence: outcome.and_then(Outcome::page).and_then(Page::sentence).map(str::to_owned),
        log_type: log_type.as_str().to_owned(),
        findings: seen
            .findings
            .iter()
            .map(|finding| finding_report(finding, &seen, &chain, structure.as_ref()))
            .collect(),
        observed: observed(&seen),
        warnings: warnings::of(&seen, &chain, structure.as_ref()),
        handshake: seen.observation.map(|observation| handshake(observation, seen.probed)),
        other_name,
        served_chain: certificates(&chain, structure.as_ref()),
        aia: seen.aia.take(),
        response: seen.answer().map(response),
        conversation,
        limits: crate::limits::of(seen.target),
        connections: seen.connections,
        at: seen.now(),
        elapsed_ms: milliseconds(seen.elapsed),
    }
}

fn target(seen: &Seen<'_>) -> TargetReport {
    let target = seen.target;
    let origin = target.origin();
    let method = match seen.ending {
        Ending::Answered(method, _) | Ending::Failed(method, _) => method,
    };
    TargetReport {
        distribution: target.distribution_id.clone(),
        path_pattern: target.path_pattern.clone(),
        origin_id: target.path_pattern.as_ref().map(|_| origin.id.clone()),
        domain_name: origin.domain_name.to_string(),
        port: target.port(),
        scheme: if target.uses_https() { "https" } else { "http" },
        sni: target.sni().map(|sni| sni.to_string()),
        host_header: target.host_header().to_owned(),
        ssl_protocols: origin.custom.origin_ssl_protocols.iter().map(|protocol| protocol.to_string()).collect(),
        method: method.to_string(),
        path: target.path.clone(),
    }
}

fn finding_report(
    finding: &Finding,
    seen: &Seen<'_>,
    chain: &ServedChain,
    structure: Option<&ChainReport>,
) -> FindingReport {
    let (fix, configuration) = fix::reported(fix::of(finding.cause, &fix::Place { seen, chain, structure }));
    FindingReport {
        cause: finding.cause,
        title: finding.cause.title().to_owned(),
        grade: finding.grade,
        source: finding.source.to_owned(),
        detail: finding.detail.clone(),
        fix,
        configuration,
    }
}

/// What the library alone does; what happens after the handshake is the same under both readings.
fn observed(seen: &Seen<'_>) -> Observed {
    let findings: Vec<Cause> = match seen.verdict {
        Some(verdict) => verdict.observed.findings.iter().map(|finding| finding.cause).collect(),
        None => seen.cause.into_iter().collect(),
    };
    let after = seen.cause.filter(|_| seen.verdict.is_some_and(|verdict| verdict.cause().is_none()));
    let cause = findings.first().copied().or(after);
    let findings = if findings.is_empty() { after.into_iter().collect() } else { findings };
    Observed { verdict: Verdict::of(cause), cause, findings }
}

fn handshake(observation: &Observation, probed: &Probed) -> HandshakeReport {
    HandshakeReport {
        end: end(&observation.end),
        policy: observation.policy.to_owned(),
        offered: observation.client_hello.as_ref().map(offer),
        version: observation.version().map(|version| version.to_string()),
        cipher_suite: observation.suite().map(suite),
        group: observation.group.map(|group| group.to_string()),
        alert: observation.alert.as_ref().map(ToString::to_string),
        client_certificate_requested: observation.certificate_request,
        hello_retry_request: observation.hello_retry_request.is_some(),
        library_error: observation.library_error.as_ref().map(|error| error.name.clone()),
        origin_speaks: probed.speaks.clone(),
        elapsed_ms: milliseconds(observation.elapsed),
    }
}

const fn end(end: &End) -> &'static str {
    match end {
        End::Completed => "completed",
        End::Aborted => "aborted",
        End::Alert => "alert",
        End::Closed => "closed",
        End::Reset => "reset",
        End::TimedOut => "timed-out",
        End::Io(_) => "failed",
    }
}

fn offer(hello: &ClientHello) -> OfferReport {
    OfferReport {
        versions: hello.versions().iter().map(ToString::to_string).collect(),
        cipher_suites: hello.cipher_suites.iter().map(|code| suite(*code)).collect(),
        groups: hello.groups.iter().map(ToString::to_string).collect(),
        signature_schemes: hello.signature_schemes.iter().map(ToString::to_string).collect(),
        server_name: hello.server_name.clone(),
    }
}

fn response(answer: &OriginAnswer) -> ResponseReport {
    let text = |name| answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    ResponseReport {
        status: answer.status.as_u16(),
        server: text(http::header::SERVER),
        location: text(http::header::LOCATION),
    }
}

fn certificates(chain: &ServedChain, structure: Option<&ChainReport>) -> Vec<CertificateReport> {
    let members = chain.members().iter().zip(chain.der()).enumerate();
    members
        .map(|(position, (member, der))| {
            let sha256 = fingerprint(der);
            match member {
                Ok(certificate) => readable(position, role(position, structure), certificate, sha256),
                Err(unreadable) => unreadable_report(position, unreadable.to_string(), sha256),
            }
        })
        .collect()
}

fn role(position: usize, structure: Option<&ChainReport>) -> &'static str {
    let Some(structure) = structure else { return "surplus" };
    if position == structure.leaf {
        return "leaf";
    }
    if structure.top == (Top::Untrusted { position }) || structure.remarks.contains(&Remark::RootIncluded { position })
    {
        return "root";
    }
    if structure.path.contains(&position) { "intermediate" } else { "surplus" }
}

fn readable(position: usize, role: &'static str, certificate: &Certificate, sha256: String) -> CertificateReport {
    CertificateReport {
        position,
        role,
        subject: certificate.subject.clone(),
        issuer: certificate.issuer.clone(),
        names: certificate.names.effective().filter(|_| role == "leaf").map(str::to_owned).collect(),
        not_before: date(certificate.not_before),
        not_after: date(certificate.not_after),
        key: Some(certificate.key.to_string()),
        signature: Some(certificate.signature.clone()),
        sha256,
        issuer_url: certificate.ca_issuers.first().cloned(),
    }
}

fn unreadable_report(position: usize, reason: String, sha256: String) -> CertificateReport {
    CertificateReport {
        position,
        role: "unreadable",
        subject: reason,
        issuer: String::new(),
        names: Vec::new(),
        not_before: None,
        not_after: None,
        key: None,
        signature: None,
        sha256,
        issuer_url: None,
    }
}

fn date(date: OffsetDateTime) -> Option<String> {
    date.format(&Rfc3339).ok()
}

/// SHA-256 of a certificate's bytes, in hex.
pub(crate) fn fingerprint(der: &[u8]) -> String {
    digest(&SHA256, der).as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
