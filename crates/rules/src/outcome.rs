//! What the viewer and the access log get for each cause.
//!
//! One table, [`Outcome::of`], turns a cause into an outcome; adding a cause breaks the build until the table is
//! complete. Statuses follow AWS's pages on 502, 503 and 504
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>,
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-503-service-unavailable.html>,
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-504-gateway-timeout.html>), log values the
//! definitions in <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>.
//! AWS publishes no log sample for most causes, so status and log value carry a grade each.

mod nuance;
mod result_type;

pub use nuance::Nuance;
pub use result_type::{DetailedResultType, ResultType, XCache};

use crate::page::Page;
use crate::{Cause, Grade};

/// Who makes the viewer's response, and how much of it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// CloudFront's own page; the status is the page's. Named as the edge's family prints it, see [`Page::in_family`].
    Page(Page),
    /// The origin's status, headers and body, passed on.
    Relayed,
    /// The origin's status and headers, passed on before it failed; the body ends early and nothing is cached.
    RelayedCut,
}

/// What the viewer and the access log get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// The response.
    pub answer: Answer,
    /// The `X-Cache` header of the response.
    pub x_cache: XCache,
    /// `x-edge-result-type`, fixed after the last byte.
    pub result_type: ResultType,
    /// `x-edge-response-result-type`, fixed before the first byte.
    pub response_result_type: ResultType,
    /// `x-edge-detailed-result-type`.
    pub detailed_result_type: DetailedResultType,
    /// How well it is known that this answer, with this status, is given for the cause.
    pub grade: Grade,
    /// How well the log values are known.
    pub log_grade: Grade,
}

impl Outcome {
    /// The outcome of a request that ended with this cause, when it happens for the first time.
    pub const fn of(cause: Cause) -> Self {
        use DetailedResultType as Detail;
        use Grade::{Documented, Inferred, Observed};

        match cause {
            Cause::DnsNoSuchName | Cause::DnsServerFailure | Cause::DnsTimeout => {
                Self::own(Page::Dns, Detail::OriginDnsError, Documented, Documented)
            }
            Cause::DnsNoAddress => Self::own(Page::Dns, Detail::OriginDnsError, Inferred, Inferred),
            Cause::ConnectionRefused
            | Cause::ConnectionReset
            | Cause::ProtocolMismatch
            | Cause::CipherMismatch
            | Cause::CurveMismatch
            | Cause::SniRefused
            | Cause::ClientCertificateRequired
            | Cause::CertificateExpired
            | Cause::CertificateNotYetValid
            | Cause::CertificateSelfSigned
            | Cause::CertificateUntrustedCa
            | Cause::CertificateNameMismatch
            | Cause::CertificateWrongPurpose
            | Cause::CertificateUnsupportedKey
            | Cause::CertificateKeyMismatch
            | Cause::CertificateInvalid
            | Cause::ChainIncomplete
            | Cause::ChainOutOfOrder
            | Cause::ChainLeafNotFirst
            | Cause::ChainIntermediateExpired
            | Cause::ChainTooLong
            | Cause::ChainConstraintViolated => {
                Self::own(Page::Connect, Detail::OriginConnectError, Documented, Inferred)
            }
            Cause::NotTls | Cause::HandshakeClosed | Cause::ClientCertificateRejected => {
                Self::own(Page::Connect, Detail::OriginConnectError, Inferred, Inferred)
            }
            Cause::ConnectionTimeout | Cause::ResponseTimeout => {
                Self::own(Page::AttemptedTimeout, Detail::OriginCommError, Documented, Documented)
            }
            Cause::HandshakeTimeout => Self::own(Page::AttemptedTimeout, Detail::OriginCommError, Inferred, Inferred),
            Cause::ConnectionClosedEarly => Self::own(Page::OriginClosed, Detail::OriginReadError, Observed, Inferred),
            Cause::ResponseMalformed => {
                Self::own(Page::OriginClosed, Detail::OriginInvalidResponseError, Inferred, Inferred)
            }
            Cause::ResponseHeadersTooLarge => {
                Self::own(Page::FailedToContact, Detail::OriginHeaderTooBigError, Inferred, Inferred)
            }
            Cause::ResponseTruncated => Self {
                answer: Answer::RelayedCut,
                x_cache: XCache::Miss,
                result_type: ResultType::Error,
                response_result_type: ResultType::Miss,
                detailed_result_type: Detail::AbortedOrigin,
                grade: Documented,
                log_grade: Inferred,
            },
            Cause::LambdaResponseInvalid => Self {
                x_cache: XCache::LambdaValidationError,
                ..Self::own(Page::LambdaValidationBody, Detail::Error, Documented, Inferred)
            },
            Cause::LambdaExecutionFailed => Self {
                x_cache: XCache::LambdaExecutionError,
                result_type: ResultType::LambdaExecutionError,
                response_result_type: ResultType::LambdaExecutionError,
                ..Self::own(Page::LambdaInvalid, Detail::LambdaExecutionError, Documented, Documented)
            },
            Cause::FunctionResponseInvalid => Self {
                x_cache: XCache::FunctionValidationError,
                ..Self::own(Page::FunctionInvalidValue, Detail::Error, Documented, Inferred)
            },
            Cause::FunctionExecutionFailed => Self {
                x_cache: XCache::FunctionExecutionError,
                ..Self::own(Page::FunctionInvalid, Detail::Error, Documented, Inferred)
            },
            Cause::OriginErrorRelayed => Self::error(Answer::Relayed, Detail::Error, Documented, Inferred),
        }
    }

    /// An error with a page of CloudFront's own.
    const fn own(page: Page, detail: DetailedResultType, grade: Grade, log_grade: Grade) -> Self {
        Self::error(Answer::Page(page), detail, grade, log_grade)
    }

    /// An error, logged as `Error`, `Error` and `detail`.
    const fn error(answer: Answer, detail: DetailedResultType, grade: Grade, log_grade: Grade) -> Self {
        Self {
            answer,
            x_cache: XCache::Error,
            result_type: ResultType::Error,
            response_result_type: ResultType::Error,
            detailed_result_type: detail,
            grade,
            log_grade,
        }
    }

    /// The outcome of the same error served again from the error cache: the log no longer names the cause.
    ///
    /// The viewer gets the same answer, with `Age`. `Error` as the detailed type of a cached error is documented.
    pub const fn repeated(self) -> Self {
        Self {
            result_type: ResultType::Error,
            response_result_type: ResultType::Error,
            detailed_result_type: DetailedResultType::Error,
            ..self
        }
    }

    /// The outcome of a request for an origin that is not tried for a while, see [`crate::breaker`]: 503 is documented,
    /// page and log value are not.
    pub const fn origin_paused() -> Self {
        Self::own(Page::OriginPaused, DetailedResultType::OriginConnectError, Grade::Documented, Grade::Inferred)
    }

    /// CloudFront's own page, if it makes one.
    pub const fn page(self) -> Option<Page> {
        match self.answer {
            Answer::Page(page) => Some(page),
            Answer::Relayed | Answer::RelayedCut => None,
        }
    }

    /// The status CloudFront sets; `None` if it passes on the origin's.
    pub const fn status(self) -> Option<u16> {
        match self.page() {
            Some(page) => Some(page.status()),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Status (`-`: the origin's) and detailed type of every cause; written out so that no change goes unseen.
    const TABLE: &str = "
        dns-no-such-name              502 OriginDnsError
        dns-no-address                502 OriginDnsError
        dns-server-failure            502 OriginDnsError
        dns-timeout                   502 OriginDnsError
        connection-refused            502 OriginConnectError
        connection-timeout            504 OriginCommError
        connection-reset              502 OriginConnectError
        not-tls                       502 OriginConnectError
        handshake-closed              502 OriginConnectError
        handshake-timeout             504 OriginCommError
        protocol-mismatch             502 OriginConnectError
        cipher-mismatch               502 OriginConnectError
        curve-mismatch                502 OriginConnectError
        sni-refused                   502 OriginConnectError
        client-certificate-required   502 OriginConnectError
        client-certificate-rejected   502 OriginConnectError
        certificate-expired           502 OriginConnectError
        certificate-not-yet-valid     502 OriginConnectError
        certificate-self-signed       502 OriginConnectError
        certificate-untrusted-ca      502 OriginConnectError
        certificate-name-mismatch     502 OriginConnectError
        certificate-wrong-purpose     502 OriginConnectError
        certificate-unsupported-key   502 OriginConnectError
        certificate-key-mismatch      502 OriginConnectError
        certificate-invalid           502 OriginConnectError
        chain-incomplete              502 OriginConnectError
        chain-out-of-order            502 OriginConnectError
        chain-leaf-not-first          502 OriginConnectError
        chain-intermediate-expired    502 OriginConnectError
        chain-too-long                502 OriginConnectError
        chain-constraint-violated     502 OriginConnectError
        connection-closed-early       502 OriginReadError
        response-timeout              504 OriginCommError
        response-malformed            502 OriginInvalidResponseError
        response-headers-too-large    502 OriginHeaderTooBigError
        response-truncated            -   AbortedOrigin
        lambda-response-invalid       502 Error
        lambda-execution-failed       503 LambdaExecutionError
        function-response-invalid     502 Error
        function-execution-failed     503 Error
        origin-error-relayed          -   Error";

    fn status_text(outcome: Outcome) -> String {
        outcome.status().map_or_else(|| "-".to_owned(), |status| status.to_string())
    }

    #[test]
    fn every_cause_has_its_status_and_detailed_type() {
        let expected: Vec<[&str; 3]> =
            TABLE.lines().filter_map(|line| line.split_whitespace().collect::<Vec<_>>().try_into().ok()).collect();
        assert_eq!(expected.len(), Cause::ALL.len());
        for ([id, status, detail], cause) in expected.into_iter().zip(Cause::ALL) {
            let outcome = Outcome::of(*cause);
            let found = (cause.id(), status_text(outcome), outcome.detailed_result_type.as_str());
            assert_eq!(found, (id, status.to_owned(), detail));
        }
    }

    #[test]
    fn own_pages_are_logged_as_errors_and_relayed_ones_have_no_page() {
        for cause in Cause::ALL {
            let outcome = Outcome::of(*cause);
            match outcome.answer {
                Answer::Page(page) => {
                    assert_eq!(outcome.status(), Some(page.status()));
                    assert!(page.status() >= 502, "{cause}");
                    assert_eq!(outcome.result_type, outcome.response_result_type, "{cause}");
                }
                Answer::Relayed | Answer::RelayedCut => assert_eq!(outcome.page(), None),
            }
        }
        let cut = Outcome::of(Cause::ResponseTruncated);
        assert_eq!((cut.result_type, cut.response_result_type), (ResultType::Error, ResultType::Miss));
        assert_eq!((cut.answer, cut.x_cache), (Answer::RelayedCut, XCache::Miss));
    }

    #[test]
    fn edge_functions_show_in_x_cache_and_all_other_errors_are_plain() {
        use crate::Phase;
        for cause in Cause::ALL.iter().filter(|cause| **cause != Cause::ResponseTruncated) {
            let plain = Outcome::of(*cause).x_cache == XCache::Error;
            assert_eq!(plain, cause.phase() != Phase::EdgeFunction, "{cause}");
        }
    }

    #[test]
    fn a_repeated_error_keeps_its_answer_and_loses_its_name() {
        let first = Outcome::of(Cause::CertificateExpired);
        let again = first.repeated();
        assert_eq!((again.answer, again.x_cache), (first.answer, first.x_cache));
        assert_eq!(again.detailed_result_type, DetailedResultType::Error);
        assert_ne!(first.detailed_result_type, again.detailed_result_type);
    }
}
