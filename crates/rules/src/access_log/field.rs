//! The closed list of fields: which log has them, in which order, under which name, and what they may hold.

use std::fmt;

/// What the values of a field look like; in the `Optional…` ones, and where there are no headers, `-` may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Date,
    Time,
    Number,
    Text,
    OptionalNumber,
    OptionalText,
    Address,
    OptionalAddress,
    Port,
    Status,
    Seconds,
    OptionalSeconds,
    Milliseconds,
    EpochSeconds,
    IpVersion,
    ResultType,
    DetailedResultType,
    RequestId,
    ViewerProtocol,
    ProtocolVersion,
    Headers,
}

/// Declares each field once: name in the standard logs (in the real-time log where only that has it) and kind.
macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $name:literal $kind:ident,)+) => {
        /// A field of one of the access logs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $($(#[$doc])* $variant,)+
        }

        impl Field {
            /// Every field.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in the standard logs; in the real-time log if no other has the field.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            pub(super) const fn kind(self) -> Kind {
                match self {
                    $(Self::$variant => Kind::$kind,)+
                }
            }
        }
    };
}

fields! {
    /// When the edge finished, day in UTC.
    Date = "date" Date,
    /// When the edge finished, time of day in UTC.
    Time = "time" Time,
    /// The edge location.
    XEdgeLocation = "x-edge-location" Text,
    /// Bytes to the viewer.
    ScBytes = "sc-bytes" Number,
    /// The viewer's address.
    CIp = "c-ip" Address,
    /// The method.
    CsMethod = "cs-method" Text,
    /// The distribution's own name; `cs-host` in the real-time log.
    CsHost = "cs(Host)" Text,
    /// The path without the query.
    CsUriStem = "cs-uri-stem" Text,
    /// The status, three digits.
    ScStatus = "sc-status" Status,
    /// `Referer`; `cs-referer` in the real-time log.
    CsReferer = "cs(Referer)" OptionalText,
    /// `User-Agent`; `cs-user-agent` in the real-time log.
    CsUserAgent = "cs(User-Agent)" OptionalText,
    /// The query without the question mark.
    CsUriQuery = "cs-uri-query" OptionalText,
    /// `Cookie`; `cs-cookie` in the real-time log.
    CsCookie = "cs(Cookie)" OptionalText,
    /// The class of the response after its last byte.
    XEdgeResultType = "x-edge-result-type" ResultType,
    /// The request's id.
    XEdgeRequestId = "x-edge-request-id" RequestId,
    /// The viewer's `Host`.
    XHostHeader = "x-host-header" OptionalText,
    /// The viewer's protocol.
    CsProtocol = "cs-protocol" ViewerProtocol,
    /// Bytes from the viewer.
    CsBytes = "cs-bytes" Number,
    /// Seconds to the last byte.
    TimeTaken = "time-taken" Seconds,
    /// The viewer behind a proxy.
    XForwardedFor = "x-forwarded-for" OptionalText,
    /// The viewer's TLS version.
    SslProtocol = "ssl-protocol" OptionalText,
    /// The viewer's cipher suite.
    SslCipher = "ssl-cipher" OptionalText,
    /// The class of the response before its first byte.
    XEdgeResponseResultType = "x-edge-response-result-type" ResultType,
    /// The viewer's HTTP version.
    CsProtocolVersion = "cs-protocol-version" ProtocolVersion,
    /// Field-level encryption: what became of it.
    FleStatus = "fle-status" OptionalText,
    /// Field-level encryption: number of fields.
    FleEncryptedFields = "fle-encrypted-fields" OptionalNumber,
    /// The viewer's port.
    CPort = "c-port" Port,
    /// Seconds to the first byte.
    TimeToFirstByte = "time-to-first-byte" Seconds,
    /// The class of the response, said more exactly.
    XEdgeDetailedResultType = "x-edge-detailed-result-type" DetailedResultType,
    /// `Content-Type` of the response.
    ScContentType = "sc-content-type" OptionalText,
    /// `Content-Length` of the response.
    ScContentLen = "sc-content-len" OptionalNumber,
    /// First byte of a range.
    ScRangeStart = "sc-range-start" OptionalNumber,
    /// Last byte of a range.
    ScRangeEnd = "sc-range-end" OptionalNumber,
    /// When the edge finished, in milliseconds since 1970.
    TimestampMs = "timestamp(ms)" Milliseconds,
    /// Seconds to the first byte of the origin.
    OriginFbl = "origin-fbl" OptionalSeconds,
    /// Seconds to the last byte of the origin.
    OriginLbl = "origin-lbl" OptionalSeconds,
    /// Number of the viewer's network.
    Asn = "asn" OptionalNumber,
    /// The viewer's country.
    CCountry = "c-country" OptionalText,
    /// The behavior that took the request.
    CacheBehaviorPathPattern = "cache-behavior-path-pattern" OptionalText,
    /// The tenant of a multi-tenant distribution.
    DistributionTenantId = "distribution-tenant-id" OptionalText,
    /// The viewer's connection.
    ConnectionId = "connection-id" OptionalText,
    /// What a function at viewer-request logged.
    ViewerRequestLogData = "viewer-request-log-data" OptionalText,
    /// What a function at viewer-response logged.
    ViewerResponseLogData = "viewer-response-log-data" OptionalText,
    /// When the edge finished, in seconds since 1970 with milliseconds; real-time log only.
    Timestamp = "timestamp" EpochSeconds,
    /// The edge's own address; real-time log only.
    SIp = "s-ip" OptionalAddress,
    /// The path with the query; real-time log only, where [`Field::CsUriStem`] is missing.
    CsUri = "cs-uri-stem" Text,
    /// `IPv4` or `IPv6`; real-time log only.
    CIpVersion = "c-ip-version" IpVersion,
    /// `Accept-Encoding` of the viewer; real-time log only.
    CsAcceptEncoding = "cs-accept-encoding" OptionalText,
    /// `Accept` of the viewer; real-time log only.
    CsAccept = "cs-accept" OptionalText,
    /// The viewer's headers, one a line (`%0A`), as `name:value`; real-time log only.
    CsHeaders = "cs-headers" Headers,
    /// Their names, one a line (`%0A`); real-time log only.
    CsHeaderNames = "cs-header-names" OptionalText,
    /// How many there are; real-time log only.
    CsHeadersCount = "cs-headers-count" Number,
}

impl Field {
    /// The columns of the standard log in their order
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>).
    pub const STANDARD: [Self; 33] = [
        Self::Date,
        Self::Time,
        Self::XEdgeLocation,
        Self::ScBytes,
        Self::CIp,
        Self::CsMethod,
        Self::CsHost,
        Self::CsUriStem,
        Self::ScStatus,
        Self::CsReferer,
        Self::CsUserAgent,
        Self::CsUriQuery,
        Self::CsCookie,
        Self::XEdgeResultType,
        Self::XEdgeRequestId,
        Self::XHostHeader,
        Self::CsProtocol,
        Self::CsBytes,
        Self::TimeTaken,
        Self::XForwardedFor,
        Self::SslProtocol,
        Self::SslCipher,
        Self::XEdgeResponseResultType,
        Self::CsProtocolVersion,
        Self::FleStatus,
        Self::FleEncryptedFields,
        Self::CPort,
        Self::TimeToFirstByte,
        Self::XEdgeDetailedResultType,
        Self::ScContentType,
        Self::ScContentLen,
        Self::ScRangeStart,
        Self::ScRangeEnd,
    ];

    /// What standard logging v2 can add
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html>).
    pub const ADDED: [Self; 10] = [
        Self::TimestampMs,
        Self::OriginFbl,
        Self::OriginLbl,
        Self::Asn,
        Self::CCountry,
        Self::CacheBehaviorPathPattern,
        Self::DistributionTenantId,
        Self::ConnectionId,
        Self::ViewerRequestLogData,
        Self::ViewerResponseLogData,
    ];

    /// The fields of the real-time log in their order, without those for media clients (CMCD) at its end
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/real-time-logs.html>).
    pub const REALTIME: [Self; 44] = [
        Self::Timestamp,
        Self::CIp,
        Self::SIp,
        Self::TimeToFirstByte,
        Self::ScStatus,
        Self::ScBytes,
        Self::CsMethod,
        Self::CsProtocol,
        Self::CsHost,
        Self::CsUri,
        Self::CsBytes,
        Self::XEdgeLocation,
        Self::XEdgeRequestId,
        Self::XHostHeader,
        Self::TimeTaken,
        Self::CsProtocolVersion,
        Self::CIpVersion,
        Self::CsUserAgent,
        Self::CsReferer,
        Self::CsCookie,
        Self::CsUriQuery,
        Self::XEdgeResponseResultType,
        Self::XForwardedFor,
        Self::SslProtocol,
        Self::SslCipher,
        Self::XEdgeResultType,
        Self::FleEncryptedFields,
        Self::FleStatus,
        Self::ScContentType,
        Self::ScContentLen,
        Self::ScRangeStart,
        Self::ScRangeEnd,
        Self::CPort,
        Self::XEdgeDetailedResultType,
        Self::CCountry,
        Self::CsAcceptEncoding,
        Self::CsAccept,
        Self::CacheBehaviorPathPattern,
        Self::CsHeaders,
        Self::CsHeaderNames,
        Self::CsHeadersCount,
        Self::OriginFbl,
        Self::OriginLbl,
        Self::Asn,
    ];

    /// The name in the real-time log.
    pub const fn realtime_name(self) -> &'static str {
        match self {
            Self::CsHost => "cs-host",
            Self::CsReferer => "cs-referer",
            Self::CsUserAgent => "cs-user-agent",
            Self::CsCookie => "cs-cookie",
            other => other.name(),
        }
    }

    /// Why an edge on one machine cannot know the field and logs `-`; `None` if it can.
    pub const fn why_unknown(self) -> Option<&'static str> {
        match self {
            Self::Asn | Self::CCountry => Some("a loopback address belongs to no network and no country"),
            Self::DistributionTenantId => Some("a distribution here has no tenants"),
            Self::ConnectionId => Some("AWS does not publish how the ids of connections are made"),
            Self::ViewerRequestLogData | Self::ViewerResponseLogData => Some("no function is run here that could log"),
            _ => None,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
