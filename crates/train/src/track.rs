//! Tracks: what belongs together when it is learned.

use std::fmt;
use std::str::FromStr;

use edge502_rules::Cause;
use edge502_scenario::Scenario;
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// A row of exercises about one subject, from starter to expert. In the order in which they are best taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Track {
    /// The origin's own certificate, and that of the client: dates, issuer, key, purpose.
    Certificates,
    /// The certificates between the origin's own and the root.
    Chains,
    /// Names in certificates, in SNI and in `Host`.
    Names,
    /// Protocol versions, cipher suites, curves, handshakes that break off.
    Protocols,
    /// DNS, ports, firewalls.
    Network,
    /// Who waits for whom, and for how long.
    Timeouts,
    /// The connection is good and the answer is not, or it is not the origin's: whose 502 is it?
    Whose,
}

impl Track {
    /// Every track, in the order in which they are best taken.
    pub const ALL: [Self; 7] =
        [Self::Certificates, Self::Chains, Self::Names, Self::Protocols, Self::Network, Self::Timeouts, Self::Whose];

    /// The stable id, as used on the command line and in course files.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Certificates => "certificates",
            Self::Chains => "chains",
            Self::Names => "names",
            Self::Protocols => "protocols",
            Self::Network => "network",
            Self::Timeouts => "timeouts",
            Self::Whose => "whose",
        }
    }

    /// The one track a scenario belongs to. Its class decides where that names the subject, else its cause.
    pub fn of(scenario: &Scenario) -> Self {
        let class = scenario.id.split_once('/').map_or("", |(class, _)| class);
        match class {
            "cached" | "failover" | "error-page" | "relayed" | "edge-function" | "quota" => Self::Whose,
            "dns" | "port" => Self::Network,
            "chain" => Self::Chains,
            "load-balancer" | "loop" => Self::Names,
            _ => Self::about(scenario.cause),
        }
    }

    const fn about(cause: Cause) -> Self {
        match cause {
            Cause::DnsNoSuchName
            | Cause::DnsNoAddress
            | Cause::DnsServerFailure
            | Cause::DnsTimeout
            | Cause::ConnectionRefused
            | Cause::ConnectionReset
            | Cause::NotTls => Self::Network,
            Cause::ConnectionTimeout | Cause::HandshakeTimeout | Cause::ResponseTimeout => Self::Timeouts,
            Cause::HandshakeClosed | Cause::ProtocolMismatch | Cause::CipherMismatch | Cause::CurveMismatch => {
                Self::Protocols
            }
            Cause::SniRefused | Cause::CertificateNameMismatch => Self::Names,
            Cause::ClientCertificateRequired
            | Cause::ClientCertificateRejected
            | Cause::CertificateExpired
            | Cause::CertificateNotYetValid
            | Cause::CertificateSelfSigned
            | Cause::CertificateUntrustedCa
            | Cause::CertificateWrongPurpose
            | Cause::CertificateUnsupportedKey
            | Cause::CertificateKeyMismatch
            | Cause::CertificateInvalid => Self::Certificates,
            Cause::ChainIncomplete
            | Cause::ChainOutOfOrder
            | Cause::ChainLeafNotFirst
            | Cause::ChainIntermediateExpired
            | Cause::ChainTooLong
            | Cause::ChainConstraintViolated => Self::Chains,
            Cause::ConnectionClosedEarly
            | Cause::ResponseMalformed
            | Cause::ResponseHeadersTooLarge
            | Cause::ResponseTruncated
            | Cause::LambdaResponseInvalid
            | Cause::LambdaExecutionFailed
            | Cause::FunctionResponseInvalid
            | Cause::FunctionExecutionFailed
            | Cause::OriginErrorRelayed => Self::Whose,
        }
    }
}

impl fmt::Display for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl FromStr for Track {
    type Err = TrainError;

    fn from_str(text: &str) -> Result<Self, TrainError> {
        let found = Self::ALL.into_iter().find(|track| track.id() == text);
        found.ok_or_else(|| TrainError::word("track", text, Self::ALL.map(Self::id)))
    }
}
