//! Advice that circulates and does not cure a failed origin connection.
//!
//! A closed list, collected from forums, articles and generated pages. Each piece of advice is executed as a dead end of
//! at least one scenario.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Grade, RulesError};

/// One piece of advice that does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Advice {
    /// Import the origin's certificate, or its authority, into ACM or the distribution.
    ImportIntoAcm,
    /// Switch the verification of the origin's certificate off.
    DisableVerification,
    /// Change the minimum TLS version, alternate names or certificate that viewers meet.
    ChangeViewerTls,
    /// Invalidate the cache.
    InvalidateCache,
    /// Raise a timeout, or the number of attempts, for what is no timeout.
    RaiseTimeouts,
    /// Take a browser's word for it.
    TestWithBrowser,
    /// Take `curl -k` or the exit status of `openssl s_client` for it.
    TestWithoutVerification,
    /// Add the authority to the trusted list of servers or of the engineer's machine.
    TrustLocally,
    /// Replace an ECDSA certificate with an RSA one.
    SwitchToRsa,
    /// Show a custom error page in place of the 502.
    CustomErrorPage,
    /// Put the origin into an origin group for requests that never fail over.
    OriginGroupForPost,
    /// Search the access log for a value that names TLS, or read `ssl-protocol` as the origin's.
    ReadTlsFromLog,
    /// Restart the origin.
    RestartOrigin,
    /// Renew the file without reloading the server.
    RenewWithoutReload,
}

/// What is known about one piece of advice.
struct Facts {
    id: &'static str,
    text: &'static str,
    why_not: &'static str,
    grade: Grade,
}

impl Advice {
    /// Every piece of advice.
    pub const ALL: &[Self] = &[
        Self::ImportIntoAcm,
        Self::DisableVerification,
        Self::ChangeViewerTls,
        Self::InvalidateCache,
        Self::RaiseTimeouts,
        Self::TestWithBrowser,
        Self::TestWithoutVerification,
        Self::TrustLocally,
        Self::SwitchToRsa,
        Self::CustomErrorPage,
        Self::OriginGroupForPost,
        Self::ReadTlsFromLog,
        Self::RestartOrigin,
        Self::RenewWithoutReload,
    ];

    /// Stable name in kebab-case.
    pub const fn id(self) -> &'static str {
        self.facts().id
    }

    /// The advice, as people give it.
    pub const fn text(self) -> &'static str {
        self.facts().text
    }

    /// Why it does not help.
    pub const fn why_not(self) -> &'static str {
        self.facts().why_not
    }

    /// How well it is known that it does not help.
    pub const fn grade(self) -> Grade {
        self.facts().grade
    }

    /// The one table; without a wildcard, so that a new piece of advice does not build until it is explained.
    #[allow(clippy::too_many_lines, reason = "a table, one entry a piece of advice")]
    const fn facts(self) -> Facts {
        match self {
            Self::ImportIntoAcm => Facts {
                id: "import-into-acm",
                text: "Import the origin's certificate into ACM, so that CloudFront trusts it",
                why_not: "Certificates there face viewers, or are shown to origins that ask for one. No setting adds to what CloudFront trusts of a custom origin.",
                grade: Grade::Documented,
            },
            Self::DisableVerification => Facts {
                id: "disable-verification",
                text: "Switch off the verification of the origin's certificate",
                why_not: "There is no such setting. Only HTTP goes without verification, and everybody on the way can read it.",
                grade: Grade::Documented,
            },
            Self::ChangeViewerTls => Facts {
                id: "change-viewer-tls",
                text: "Change the security policy, the alternate names or the certificate of the distribution",
                why_not: "They concern the connection between viewer and CloudFront and never touch the one to the origin.",
                grade: Grade::Documented,
            },
            Self::InvalidateCache => Facts {
                id: "invalidate-cache",
                text: "Invalidate the cache",
                why_not: "It removes at best the error that was kept; the next request fails again.",
                grade: Grade::Observed,
            },
            Self::RaiseTimeouts => Facts {
                id: "raise-timeouts",
                text: "Raise the timeouts or the number of attempts",
                why_not: "A connection that is refused, or a certificate that is, does not get better by waiting.",
                grade: Grade::Inferred,
            },
            Self::TestWithBrowser => Facts {
                id: "test-with-browser",
                text: "Open the origin in a browser: it works, so it is not the certificate",
                why_not: "Browsers fetch missing intermediates, remember them, and trust what the machine's owner added.",
                grade: Grade::Observed,
            },
            Self::TestWithoutVerification => Facts {
                id: "test-without-verification",
                text: "Test with `curl -k`, or by the exit status of `openssl s_client`",
                why_not: "The one ignores the fault, the other is 0 for every fault of a certificate.",
                grade: Grade::Observed,
            },
            Self::TrustLocally => Facts {
                id: "trust-locally",
                text: "Add the authority to the trusted certificates of the server or of your machine",
                why_not: "That makes your own checks succeed. CloudFront has its own list.",
                grade: Grade::Documented,
            },
            Self::SwitchToRsa => Facts {
                id: "switch-to-rsa",
                text: "Replace the ECDSA certificate with an RSA one",
                why_not: "CloudFront supports both kinds of keys; the key was not what failed.",
                grade: Grade::Observed,
            },
            Self::CustomErrorPage => Facts {
                id: "custom-error-page",
                text: "Configure a custom error page for 502",
                why_not: "It hides the error from people and, with another status, from monitoring. The origin is as unreachable as before.",
                grade: Grade::Documented,
            },
            Self::OriginGroupForPost => Facts {
                id: "origin-group-for-post",
                text: "Add an origin group, so that failed uploads go to the second origin",
                why_not: "Only GET, HEAD and OPTIONS fail over.",
                grade: Grade::Documented,
            },
            Self::ReadTlsFromLog => Facts {
                id: "read-tls-from-log",
                text: "Look into the access log for the TLS error, or at its ssl-protocol",
                why_not: "No value of the log names TLS towards the origin, and ssl-protocol is the viewer's.",
                grade: Grade::Documented,
            },
            Self::RestartOrigin => Facts {
                id: "restart-origin",
                text: "Restart the origin",
                why_not: "It comes back with the same configuration.",
                grade: Grade::Inferred,
            },
            Self::RenewWithoutReload => Facts {
                id: "renew-without-reload",
                text: "Renew the certificate's file, without reloading the server",
                why_not: "The server shows what it read when it started.",
                grade: Grade::Observed,
            },
        }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl FromStr for Advice {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, RulesError> {
        let found = Self::ALL.iter().find(|advice| advice.id() == text);
        found.copied().ok_or_else(|| RulesError::word("advice", text, Self::ALL.iter().map(|advice| advice.id())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_back_to_the_advice() {
        for advice in Advice::ALL {
            assert_eq!(advice.id().parse::<Advice>().unwrap(), *advice);
            assert_eq!(serde_json::to_value(advice).unwrap(), advice.id());
            assert!(advice.why_not().ends_with('.') && !advice.text().ends_with('.'), "{advice}");
        }
        let error = "import-into-acn".parse::<Advice>().unwrap_err().to_string();
        assert!(error.contains("import-into-acm"), "{error}");
    }
}
