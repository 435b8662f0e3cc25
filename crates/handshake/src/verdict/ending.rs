//! What ended a handshake that did not complete.

use edge502_rules::{Cause, Finding, Grade};

use super::{Evidence, Fault};
use crate::observation::{End, LibraryError, NotTls};
use crate::wire::{Alert, AlertDescription};

/// Said where one connection leaves several causes possible.
const UNSURE: &str = "one connection cannot tell whether version, suite, curve, key type or name is refused";

const S2N_ERRORS: &str = "https://github.com/aws/s2n-tls/blob/main/error/s2n_errno.c";

/// The first cause, and whether further connections could tell more.
pub(super) struct Refusal {
    pub(super) finding: Finding,
    pub(super) ambiguous: bool,
}

impl Refusal {
    fn plain(cause: Cause, detail: impl Into<String>) -> Self {
        Self { finding: Finding::new(cause, detail), ambiguous: false }
    }

    fn ambiguous(cause: Cause, detail: impl Into<String>) -> Self {
        let detail = format!("{}; {UNSURE}", detail.into());
        Self { finding: Finding::new(cause, detail), ambiguous: true }
    }
}

/// Works out what ended the handshake. Where one of `faults` explains the library's error, that fault is it.
pub(super) fn refusal(evidence: &Evidence<'_>, faults: &[Fault]) -> Refusal {
    let observation = evidence.observation;
    if let Some(other) = observation.not_tls() {
        return not_tls(other, &observation.first_bytes);
    }
    if let Some(alert) = observation.alert.filter(|alert| alert.description != AlertDescription::CLOSE_NOTIFY) {
        return by_alert(evidence, alert);
    }
    if let Some(refusal) = observation.library_error.as_ref().and_then(|error| by_library(error, faults)) {
        return refusal;
    }
    match &observation.end {
        End::TimedOut => Refusal::plain(Cause::HandshakeTimeout, silence(evidence)),
        End::Reset => Refusal::plain(
            Cause::ConnectionReset,
            format!("reset while waiting for an answer to the {}", waiting_for(evidence)),
        ),
        End::Io(error) => Refusal::plain(Cause::ConnectionReset, error.clone()),
        End::Aborted => aborted(evidence, faults),
        _ => closed(evidence),
    }
}

/// The edge gave up for a reason of its own that names no cause: the origin sent something that is no handshake, or
/// certificates that cannot even be read.
fn aborted(evidence: &Evidence<'_>, faults: &[Fault]) -> Refusal {
    if let Some(fault) = faults.iter().find(|fault| fault.finding.cause == Cause::CertificateInvalid) {
        return Refusal { finding: fault.finding.clone(), ambiguous: false };
    }
    let why = evidence.observation.library_error.as_ref();
    let why = why.map_or_else(String::new, |error| format!(": {} ({})", error.message, error.name));
    let detail = format!("the edge ended the handshake after an answer that makes no sense{why}");
    let finding = Finding::new(Cause::HandshakeClosed, detail).resting_on(Grade::AwsSource, S2N_ERRORS);
    Refusal { finding, ambiguous: false }
}

fn closed(evidence: &Evidence<'_>) -> Refusal {
    let detail = format!("the origin closed the connection after the {}, without an alert", waiting_for(evidence));
    if evidence.observation.served_chain.is_some() {
        return Refusal::plain(Cause::HandshakeClosed, detail);
    }
    Refusal::ambiguous(Cause::HandshakeClosed, detail)
}

/// What was waited for, and whether anything came of it.
fn silence(evidence: &Evidence<'_>) -> String {
    let observation = evidence.observation;
    let what = waiting_for(evidence);
    if observation.server_hello.is_none() && !observation.first_bytes.is_empty() {
        return format!("the answer to the {what} began and was not completed in time");
    }
    format!("no answer to the {what}")
}

fn not_tls(other: NotTls, first: &[u8]) -> Refusal {
    let start: String =
        String::from_utf8_lossy(&first[..first.len().min(60)]).chars().take_while(|c| !c.is_control()).collect();
    let what = match other {
        NotTls::Http => "HTTP",
        NotTls::Ssh => "SSH",
        NotTls::Greeting => "a mail or FTP greeting",
        NotTls::Unknown => "something that is not TLS",
    };
    Refusal::plain(Cause::NotTls, format!("the port answered the ClientHello with {what}: {start:?}"))
}

/// The last thing the edge said, for sentences about silence.
fn waiting_for(evidence: &Evidence<'_>) -> &'static str {
    let observation = evidence.observation;
    match (&observation.client_hello, &observation.server_hello, &observation.served_chain) {
        (None, ..) => "TCP connection",
        (Some(_), None, _) => "ClientHello",
        (Some(_), Some(_), None) => "ClientHello beyond the origin's ServerHello",
        (Some(_), Some(_), Some(_)) => "key exchange",
    }
}

fn by_alert(evidence: &Evidence<'_>, alert: Alert) -> Refusal {
    let observation = evidence.observation;
    let said = format!("the origin sent {alert}");
    let asked = observation.certificate_request || alert.description == AlertDescription::CERTIFICATE_REQUIRED;
    if asked {
        return match evidence.expectation.client_certificate {
            None => Refusal::plain(
                Cause::ClientCertificateRequired,
                format!("{said} after asking for a client certificate"),
            ),
            Some(_) => Refusal::plain(
                Cause::ClientCertificateRejected,
                format!("{said} after the client certificate was sent"),
            ),
        };
    }
    let before_server_hello = observation.server_hello.is_none();
    match alert.description {
        AlertDescription::PROTOCOL_VERSION => {
            Refusal::plain(Cause::ProtocolMismatch, format!("{said}{}", offered(evidence)))
        }
        AlertDescription::UNRECOGNIZED_NAME => {
            Refusal::plain(Cause::SniRefused, format!("{said} for the name {}", evidence.expectation.sni))
        }
        AlertDescription::HANDSHAKE_FAILURE | AlertDescription::INSUFFICIENT_SECURITY if before_server_hello => {
            Refusal::ambiguous(Cause::CipherMismatch, format!("{said}{}", offered(evidence)))
        }
        _ if before_server_hello => Refusal::ambiguous(Cause::HandshakeClosed, said),
        // Version, suite and group are chosen; what is left is a signature that the edge would take.
        _ if observation.served_chain.is_none() => {
            Refusal::ambiguous(Cause::HandshakeClosed, format!("{said} after its ServerHello, before its certificate"))
        }
        _ => Refusal::plain(Cause::HandshakeClosed, said),
    }
}

/// What the edge had offered, for sentences about a refusal of it.
fn offered(evidence: &Evidence<'_>) -> String {
    let Some(hello) = &evidence.observation.client_hello else { return String::new() };
    let versions = hello.versions();
    match (versions.iter().min(), versions.iter().max()) {
        (Some(low), Some(high)) if low == high => format!("; the edge had offered {low}"),
        (Some(low), Some(high)) => format!("; the edge had offered {low} to {high}"),
        _ => String::new(),
    }
}

/// Causes that explain an error of s2n-tls, most telling first, and the one that stands in if no fault was found.
fn explanations(name: &str) -> Option<(&'static [Cause], Cause)> {
    use Cause::{
        CertificateExpired as Expired, CertificateInvalid as Invalid, CertificateKeyMismatch as Key,
        CertificateNameMismatch as Name, CertificateNotYetValid as NotYet, CertificateSelfSigned as SelfSigned,
        CertificateUnsupportedKey as UnsupportedKey, CertificateUntrustedCa as Untrusted,
        CertificateWrongPurpose as Purpose, ChainConstraintViolated as Constraint, ChainIncomplete as Incomplete,
        ChainIntermediateExpired as Intermediate, ChainLeafNotFirst as NotFirst, ChainTooLong as TooLong,
        CipherMismatch as Cipher, CurveMismatch as Curve, ProtocolMismatch as Protocol,
    };
    Some(match name {
        "CERT_INVALID_HOSTNAME" => (&[NotFirst, Name], Name),
        "CERT_EXPIRED" => (&[Intermediate, Expired], Intermediate),
        "CERT_NOT_YET_VALID" => (&[Intermediate, NotYet], Intermediate),
        "CERT_UNTRUSTED" => (&[SelfSigned, Incomplete, Untrusted, Constraint, Invalid], Untrusted),
        "CERT_INTENT_INVALID" => (&[Purpose], Purpose),
        "CERT_MAX_CHAIN_DEPTH_EXCEEDED" => (&[TooLong], TooLong),
        "CERT_UNHANDLED_CRITICAL_EXTENSION"
        | "NO_CERT_FOUND"
        | "CERT_INVALID"
        | "DECODE_CERTIFICATE"
        | "CERT_TYPE_UNSUPPORTED"
        | "CERT_REJECTED" => (&[Invalid], Invalid),
        "VERIFY_SIGNATURE" | "INVALID_SIGNATURE" => (&[Key], Key),
        "NO_VALID_SIGNATURE_SCHEME" | "INVALID_SIGNATURE_SCHEME" | "INVALID_SIGNATURE_ALGORITHM" => {
            (&[UnsupportedKey], UnsupportedKey)
        }
        "PROTOCOL_VERSION_UNSUPPORTED" | "UNKNOWN_PROTOCOL_VERSION" | "BAD_PROTOCOL_VERSION" => (&[], Protocol),
        "CIPHER_NOT_SUPPORTED" => (&[], Cipher),
        "ECDHE_UNSUPPORTED_CURVE" | "BAD_KEY_SHARE" | "INVALID_HELLO_RETRY" => (&[], Curve),
        _ => return None,
    })
}

fn by_library(error: &LibraryError, faults: &[Fault]) -> Option<Refusal> {
    let (causes, fallback) = explanations(&error.name)?;
    let found = causes.iter().find_map(|cause| faults.iter().find(|fault| fault.finding.cause == *cause));
    let finding = found.map_or_else(
        || {
            let detail = format!("s2n-tls ended the handshake: {} ({})", error.message, error.name);
            Finding::new(fallback, detail).resting_on(Grade::AwsSource, S2N_ERRORS)
        },
        |fault| fault.finding.clone(),
    );
    Some(Refusal { finding, ambiguous: false })
}
