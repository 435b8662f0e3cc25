//! The closed lists of the log that are no result types.

use std::fmt;
use std::str::FromStr;

use crate::RulesError;
use crate::response::ViewerHttp;

/// `cs-protocol`: what the viewer asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ViewerProtocol {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
    /// WebSocket over plain HTTP.
    Ws,
    /// WebSocket over TLS.
    Wss,
    /// gRPC over TLS.
    Grpcs,
}

impl ViewerProtocol {
    /// Every value.
    pub const ALL: &[Self] = &[Self::Http, Self::Https, Self::Ws, Self::Wss, Self::Grpcs];

    /// The value as logged.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Ws => "ws",
            Self::Wss => "wss",
            Self::Grpcs => "grpcs",
        }
    }
}

/// `cs-protocol-version`: the HTTP version the viewer spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProtocolVersion {
    /// HTTP/0.9.
    Http09,
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1.
    Http11,
    /// HTTP/2.
    Http20,
    /// HTTP/3.
    Http30,
}

impl ProtocolVersion {
    /// Every value.
    pub const ALL: &[Self] = &[Self::Http09, Self::Http10, Self::Http11, Self::Http20, Self::Http30];

    /// The value as logged.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http09 => "HTTP/0.9",
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
            Self::Http20 => "HTTP/2.0",
            Self::Http30 => "HTTP/3.0",
        }
    }
}

impl From<ViewerHttp> for ProtocolVersion {
    fn from(http: ViewerHttp) -> Self {
        match http {
            ViewerHttp::Http10 => Self::Http10,
            ViewerHttp::Http11 => Self::Http11,
            ViewerHttp::Http2 => Self::Http20,
        }
    }
}

macro_rules! word_impls {
    ($name:ident, $what:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = RulesError;

            fn from_str(text: &str) -> Result<Self, RulesError> {
                let found = Self::ALL.iter().find(|value| value.as_str() == text);
                found
                    .copied()
                    .ok_or_else(|| RulesError::word($what, text, Self::ALL.iter().map(|value| value.as_str())))
            }
        }
    };
}

word_impls!(ViewerProtocol, "cs-protocol");
word_impls!(ProtocolVersion, "cs-protocol-version");
