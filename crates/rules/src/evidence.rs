//! How well a rule is known, and which of two readings of CloudFront is applied.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::RulesError;

/// Where the knowledge of a rule comes from, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// AWS's documentation or API model says so.
    Documented,
    /// Read in the source of s2n-tls, the library in which AWS publishes CloudFront's policies.
    AwsSource,
    /// A public report or capture shows it.
    Observed,
    /// Our inference; nothing found states it.
    Inferred,
}

impl Grade {
    /// The word used in reports and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::AwsSource => "aws-source",
            Self::Observed => "observed",
            Self::Inferred => "inferred",
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which reading of CloudFront decides where AWS's text and AWS's library differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rulebook {
    /// AWS's documentation is the contract; its rules are checked on top of the handshake. The default.
    #[default]
    Documented,
    /// What s2n-tls does with the published CloudFront policies, and nothing more.
    Observed,
}

impl Rulebook {
    /// The word used on the command line, in reports and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Observed => "observed",
        }
    }
}

impl fmt::Display for Rulebook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Rulebook {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, RulesError> {
        [Self::Documented, Self::Observed]
            .into_iter()
            .find(|rulebook| rulebook.as_str() == text)
            .ok_or_else(|| RulesError::word("rulebook", text, ["documented", "observed"]))
    }
}
