//! What the origin shows for the other name: its own where `Host` is forwarded, the viewers' where it is not.
//!
//! Which of the two CloudFront sends as SNI is one setting of the behaviour
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html>), so
//! what the other choice would bring is worth a connection.

use std::time::Duration;

use edge502_edge::HandshakeReport;
use edge502_handshake::probe::{Offer, ProbeAnswer, reach};
use edge502_handshake::{End, Expectation, Observation, judge};
use edge502_rules::certificate::Certificate;
use edge502_rules::name::ViewerHost;
use edge502_rules::{Cause, Finding, Phase};
use tokio::net::TcpStream;

use crate::options::Options;
use crate::report::OtherNameReport;
use crate::target::Target;

/// The longest this one connection may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// The name that the other choice would send, if it is known and may matter to what failed.
fn candidate(target: &Target, cause: Cause) -> Option<&str> {
    let about_names = matches!(cause, Cause::CertificateNameMismatch | Cause::SniRefused);
    let about_certificates = matches!(cause.phase(), Phase::Handshake | Phase::Certificate | Phase::Chain);
    let domain = target.origin().domain_name.as_str();
    if target.forwards_host() {
        return Some(domain).filter(|domain| about_certificates && *domain != target.viewer_host());
    }
    target.alias().filter(|alias| about_names && *alias != domain)
}

/// Asks the origin that `report` is about for the other name, within `left`. `None` if there is none to ask for.
pub(crate) async fn ask(
    report: &HandshakeReport,
    (target, options): (&Target, &Options),
    cause: Cause,
    left: Duration,
) -> Option<OtherNameReport> {
    let name = candidate(target, cause)?;
    let offer = Offer::like(report.observation.client_hello.as_ref()?).with_server_name(name);
    let answer = reach(TcpStream::connect(report.peer), &offer, PATIENCE.min(left)).await;
    let findings = findings(&report.observation, &answer, (target, options), name);
    let names = answer.flight.served_chain.as_ref().and_then(|chain| names(chain)).unwrap_or_default();
    Some(OtherNameReport {
        server_name: name.to_owned(),
        host_forwarded: !target.forwards_host(),
        would_connect: answer.flight.served_chain.is_some() && findings.is_empty(),
        detail: detail(&answer, &findings),
        names,
    })
}

/// The names on the first certificate.
fn names(chain: &[Vec<u8>]) -> Option<Vec<String>> {
    let leaf = Certificate::parse(chain.first()?).ok()?;
    Some(leaf.names.effective().map(str::to_owned).collect())
}

/// What would be wrong with the certificates that came.
fn findings(
    observation: &Observation,
    answer: &ProbeAnswer,
    (target, options): (&Target, &Options),
    name: &str,
) -> Vec<Finding> {
    let Some(chain) = &answer.flight.served_chain else { return Vec::new() };
    let host: Option<ViewerHost> = (!target.forwards_host()).then(|| name.parse().ok()).flatten();
    of_certificates(observation, chain, (target, options), (name, host.as_ref()))
}

/// What is wrong with `chain` for the SNI `name`: certificates alone, whatever else happened on that connection.
pub(crate) fn of_certificates(
    observation: &Observation,
    chain: &[Vec<u8>],
    (target, options): (&Target, &Options),
    (name, forwarded_host): (&str, Option<&ViewerHost>),
) -> Vec<Finding> {
    let Ok(sni) = name.parse() else { return Vec::new() };
    let observation = Observation {
        served_chain: Some(chain.to_vec()),
        end: End::Closed,
        alert: None,
        library_error: None,
        ..observation.clone()
    };
    let origin = target.origin();
    let expectation = Expectation {
        sni: &sni,
        origin_domain: &origin.domain_name,
        forwarded_host,
        allowed_names: &[],
        protocols: &origin.custom.origin_ssl_protocols,
        rulebook: options.rulebook,
        client_certificate: None,
    };
    let verdict = judge(&observation, &expectation, &options.trust, options.clock.now());
    let certificates = |finding: &&Finding| matches!(finding.cause.phase(), Phase::Certificate | Phase::Chain);
    verdict.judgement().findings.iter().filter(certificates).cloned().collect()
}

fn detail(answer: &ProbeAnswer, findings: &[Finding]) -> String {
    match (findings.first(), &answer.flight.served_chain, answer.flight.alert) {
        (Some(finding), ..) => finding.detail.clone(),
        (None, Some(_), _) => "the origin shows a certificate for it, and nothing is wrong with that".to_owned(),
        (None, None, Some(alert)) => format!("the origin refuses that name, too, with {alert}"),
        (None, None, None) if answer.accepted() => {
            "the origin takes that name; its certificate could not be read".to_owned()
        }
        (None, None, None) => format!("the origin does not take that name, either ({:?})", answer.end),
    }
}
