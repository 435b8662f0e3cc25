//! The settings whose values are a closed list of words.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::RulesError;

/// What the reader needs to know about a closed list of words.
pub(super) trait Setting: Copy + 'static {
    const ALL: &'static [Self];
    fn as_str(self) -> &'static str;
}

/// Declares each setting once: its values and the words CloudFront writes for them.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every value, in CloudFront's order.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word CloudFront writes.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl Setting for $name {
            const ALL: &'static [Self] = Self::ALL;

            fn as_str(self) -> &'static str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = RulesError;

            fn from_str(text: &str) -> Result<Self, RulesError> {
                let known = Self::ALL.iter().map(|value| value.as_str());
                Self::ALL
                    .iter()
                    .copied()
                    .find(|value| value.as_str() == text)
                    .ok_or_else(|| RulesError::word(stringify!($name), text, known))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )+};
}

settings! {
    /// `OriginProtocolPolicy`: which scheme the edge uses towards the origin. Required, without default.
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html>)
    OriginProtocolPolicy {
        /// Plain HTTP only, to `HTTPPort`.
        HttpOnly = "http-only",
        /// The scheme the viewer used.
        MatchViewer = "match-viewer",
        /// HTTPS only, to `HTTPSPort`.
        HttpsOnly = "https-only",
    }

    /// One value of `OriginSslProtocols`, oldest first. There is no value for TLS 1.3: CloudFront offers it on top
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>).
    OriginSslProtocol {
        /// SSL 3.0 (RFC 6101).
        SslV3 = "SSLv3",
        /// TLS 1.0 (RFC 2246).
        TlsV1 = "TLSv1",
        /// TLS 1.1 (RFC 4346).
        TlsV1_1 = "TLSv1.1",
        /// TLS 1.2 (RFC 5246).
        TlsV1_2 = "TLSv1.2",
    }

    /// `IpAddressType` of a custom origin: which addresses of its name the edge uses. Default `ipv4`.
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html>)
    IpAddressType {
        /// A records only.
        Ipv4 = "ipv4",
        /// AAAA records only.
        Ipv6 = "ipv6",
        /// Either; CloudFront chooses.
        Dualstack = "dualstack",
    }

    /// `ViewerProtocolPolicy`: which scheme viewers may use. Required, without default.
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html>)
    ViewerProtocolPolicy {
        /// HTTP and HTTPS.
        AllowAll = "allow-all",
        /// HTTPS; plain HTTP is answered with 403.
        HttpsOnly = "https-only",
        /// HTTPS; plain HTTP is redirected, with 301 for GET and HEAD and 307 for other methods.
        RedirectToHttps = "redirect-to-https",
    }

    /// `HttpVersion`: the highest HTTP version viewers may use besides 1.0 and 1.1. Default `http2`.
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesGeneral.html>)
    HttpVersion {
        /// HTTP/1.1.
        Http11 = "http1.1",
        /// HTTP/2.
        Http2 = "http2",
        /// HTTP/3, without HTTP/2.
        Http3 = "http3",
        /// HTTP/2 and HTTP/3.
        Http2And3 = "http2and3",
    }

    /// `SelectionCriteria` of an origin group. Default `default`.
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html>)
    SelectionCriteria {
        /// The first member is tried first.
        Default = "default",
        /// Chosen by the quality score of a media origin.
        MediaQualityBased = "media-quality-based",
    }

    /// `EventType`: when an edge function runs.
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-cloudfront-trigger-events.html>)
    EventType {
        /// Before the cache is looked up.
        ViewerRequest = "viewer-request",
        /// Before the response goes to the viewer.
        ViewerResponse = "viewer-response",
        /// Before the request goes to the origin (Lambda@Edge only).
        OriginRequest = "origin-request",
        /// After the origin answered (Lambda@Edge only).
        OriginResponse = "origin-response",
    }
}

impl OriginProtocolPolicy {
    /// Whether the edge speaks HTTPS to the origin for a viewer that used HTTPS, or not.
    pub const fn uses_https(self, viewer_is_https: bool) -> bool {
        match self {
            Self::HttpOnly => false,
            Self::MatchViewer => viewer_is_https,
            Self::HttpsOnly => true,
        }
    }
}

impl HttpVersion {
    /// Whether viewers may use HTTP/2.
    pub const fn allows_http2(self) -> bool {
        matches!(self, Self::Http2 | Self::Http2And3)
    }
}
