//! The closed list of reasons why the edge cannot use an origin.
//!
//! The ids are part of the public interface. What each cause means, where AWS states it and what cures it stands in
//! `cause/facts.rs`; what the viewer and the log get for it stands in [`crate::outcome`].

mod facts;

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::{Grade, RulesError};

/// Declares the causes once: variant and id, grouped by the phase of the connection in which they show.
macro_rules! causes {
    ($($phase:ident { $($(#[$doc:meta])* $variant:ident = $id:literal),+ $(,)? })+) => {
        /// One reason why the edge cannot get a response from the origin.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Cause {
            $($($(#[$doc])* $variant,)+)+
        }

        impl Cause {
            /// Every cause, in the order of the phases of a connection.
            pub const ALL: &[Self] = &[$($(Self::$variant,)+)+];

            /// The stable id, as used in scenario files, JSON and on the command line.
            pub const fn id(self) -> &'static str {
                match self {
                    $($(Self::$variant => $id,)+)+
                }
            }

            /// The phase of the connection in which the cause shows.
            pub const fn phase(self) -> Phase {
                match self {
                    $($(Self::$variant => Phase::$phase,)+)+
                }
            }
        }
    };
}

causes! {
    Resolve {
        /// The origin's domain name does not exist.
        DnsNoSuchName = "dns-no-such-name",
        /// The name exists but has no address of the wanted family.
        DnsNoAddress = "dns-no-address",
        /// The name servers answered with an error.
        DnsServerFailure = "dns-server-failure",
        /// The name servers did not answer in time.
        DnsTimeout = "dns-timeout",
    }
    Connect {
        /// Nothing listens on the port.
        ConnectionRefused = "connection-refused",
        /// The connection attempts were not answered.
        ConnectionTimeout = "connection-timeout",
        /// The connection was reset.
        ConnectionReset = "connection-reset",
    }
    Handshake {
        /// The port does not speak TLS.
        NotTls = "not-tls",
        /// The origin closed the connection during the handshake.
        HandshakeClosed = "handshake-closed",
        /// The origin stopped answering during the handshake.
        HandshakeTimeout = "handshake-timeout",
        /// No protocol version in common.
        ProtocolMismatch = "protocol-mismatch",
        /// No cipher suite in common.
        CipherMismatch = "cipher-mismatch",
        /// No elliptic curve in common.
        CurveMismatch = "curve-mismatch",
        /// The origin has nothing to show for the name sent as SNI.
        SniRefused = "sni-refused",
        /// The origin asks for a client certificate and none is configured.
        ClientCertificateRequired = "client-certificate-required",
        /// The origin refused the client certificate.
        ClientCertificateRejected = "client-certificate-rejected",
    }
    Certificate {
        /// The origin's certificate has expired.
        CertificateExpired = "certificate-expired",
        /// The origin's certificate is not valid yet.
        CertificateNotYetValid = "certificate-not-yet-valid",
        /// The origin's certificate is signed by itself.
        CertificateSelfSigned = "certificate-self-signed",
        /// The chain ends in an authority that CloudFront does not trust.
        CertificateUntrustedCa = "certificate-untrusted-ca",
        /// The certificate does not carry the name that is asked for.
        CertificateNameMismatch = "certificate-name-mismatch",
        /// The certificate is not meant for a TLS server.
        CertificateWrongPurpose = "certificate-wrong-purpose",
        /// The certificate's key is of a kind or size that CloudFront does not take.
        CertificateUnsupportedKey = "certificate-unsupported-key",
        /// The private key does not belong to the certificate.
        CertificateKeyMismatch = "certificate-key-mismatch",
        /// The certificate is damaged or carries something that cannot be honoured.
        CertificateInvalid = "certificate-invalid",
    }
    Chain {
        /// A certificate between leaf and trusted root was not sent.
        ChainIncomplete = "chain-incomplete",
        /// The certificates were not sent in the order leaf, its issuer, and so on.
        ChainOutOfOrder = "chain-out-of-order",
        /// The first certificate sent is not the origin's own.
        ChainLeafNotFirst = "chain-leaf-not-first",
        /// A needed certificate above the leaf is outside its dates.
        ChainIntermediateExpired = "chain-intermediate-expired",
        /// More certificates were sent than are read.
        ChainTooLong = "chain-too-long",
        /// A certificate of the chain breaks a limit set by itself or one above it.
        ChainConstraintViolated = "chain-constraint-violated",
    }
    Exchange {
        /// The origin closed the connection without an answer.
        ConnectionClosedEarly = "connection-closed-early",
        /// The origin did not answer in time.
        ResponseTimeout = "response-timeout",
        /// The origin's answer is not valid HTTP.
        ResponseMalformed = "response-malformed",
        /// The answer's header block is larger than CloudFront takes.
        ResponseHeadersTooLarge = "response-headers-too-large",
        /// The answer ended before it was complete.
        ResponseTruncated = "response-truncated",
    }
    EdgeFunction {
        /// A Lambda@Edge function returned an object that does not pass validation.
        LambdaResponseInvalid = "lambda-response-invalid",
        /// A Lambda@Edge function failed or ran into a limit.
        LambdaExecutionFailed = "lambda-execution-failed",
        /// A CloudFront Function returned a value that does not pass validation.
        FunctionResponseInvalid = "function-response-invalid",
        /// A CloudFront Function failed or ran into a limit.
        FunctionExecutionFailed = "function-execution-failed",
    }
    BehindOrigin {
        /// The origin itself answered with an error, which is passed on.
        OriginErrorRelayed = "origin-error-relayed",
    }
}

/// A part of an origin connection, in the order in which they happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Looking up the origin's addresses.
    Resolve,
    /// Opening a TCP connection.
    Connect,
    /// The TLS handshake, before or without a certificate.
    Handshake,
    /// The origin's own certificate.
    Certificate,
    /// The certificates sent with it.
    Chain,
    /// HTTP request and response.
    Exchange,
    /// Code that runs at the edge.
    EdgeFunction,
    /// Something behind the origin, reported by the origin.
    BehindOrigin,
}

impl Phase {
    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Handshake => "handshake",
            Self::Certificate => "certificate",
            Self::Chain => "chain",
            Self::Exchange => "exchange",
            Self::EdgeFunction => "edge-function",
            Self::BehindOrigin => "behind-origin",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Cause {
    /// A sentence of a few words that says what is wrong.
    pub const fn title(self) -> &'static str {
        facts::of(self).title
    }

    /// Why CloudFront fails for it, and what hides it from the usual checks.
    pub const fn explanation(self) -> &'static str {
        facts::of(self).explanation
    }

    /// How well it is known that CloudFront fails for it.
    pub const fn grade(self) -> Grade {
        facts::of(self).grade
    }

    /// Address of the page or source file that states it.
    pub const fn source(self) -> &'static str {
        facts::of(self).source
    }

    /// What cures it, best first.
    pub const fn fixes(self) -> &'static [&'static str] {
        facts::of(self).fixes
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl FromStr for Cause {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, RulesError> {
        let known = || Self::ALL.iter().map(|cause| cause.id());
        Self::ALL
            .iter()
            .copied()
            .find(|cause| cause.id() == text)
            .ok_or_else(|| RulesError::word("cause", text, known()))
    }
}

impl Serialize for Cause {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> serde::Deserialize<'de> for Cause {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back() {
        for cause in Cause::ALL {
            assert_eq!(cause.id().parse::<Cause>().unwrap(), *cause);
        }
    }

    #[test]
    fn a_typo_gets_the_nearest_id() {
        let error = "certificate-expird".parse::<Cause>().unwrap_err().to_string();
        assert!(error.contains("\"certificate-expired\""), "{error}");
    }

    #[test]
    fn every_cause_is_explained_sourced_and_curable() {
        for cause in Cause::ALL {
            assert!(!cause.title().ends_with('.') && cause.title().len() > 10, "{cause}");
            assert!(cause.explanation().ends_with('.'), "{cause}");
            assert!(cause.source().starts_with("https://"), "{cause}");
            assert!(!cause.fixes().is_empty(), "{cause}");
        }
    }
}
