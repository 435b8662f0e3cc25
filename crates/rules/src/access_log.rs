//! CloudFront's access logs: one record, several forms.
//!
//! The standard log has one line for each viewer request, 33 columns, separated by TAB, `-` for a missing value
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>). [`LogFormat`]
//! writes and reads it, the selectable forms of standard logging v2
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html>) and the real-time log
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/real-time-logs.html>). No field of any of them
//! tells the origin's address, certificate or TLS version; `ssl-protocol` and `ssl-cipher` are the viewer's.

mod encoding;
mod field;
mod format;
mod parse;
mod words;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use time::OffsetDateTime;
use time::UtcOffset;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

pub use field::Field;
pub use format::{Encoding, LogFormat};
pub use parse::{LogLine, LogLineError};
pub use words::{ProtocolVersion, ViewerProtocol};

use crate::outcome::{DetailedResultType, ResultType};
use crate::request_id::RequestId;
use encoding::{optional, seconds, text};

const DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const TIME: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]:[second]");

/// Declares the columns once, for [`FIELDS`] and [`HEADER`].
macro_rules! fields {
    ($first:literal $($rest:literal)*) => {
        /// The columns in order, named as in the log.
        pub const FIELDS: [&str; 33] = [$first, $($rest),*];

        /// The two lines a log file begins with, each with its newline.
        pub const HEADER: &str = concat!("#Version: 1.0\n#Fields: ", $first, $(" ", $rest,)* "\n");
    };
}

fields! {
    "date" "time" "x-edge-location" "sc-bytes" "c-ip" "cs-method" "cs(Host)" "cs-uri-stem" "sc-status" "cs(Referer)"
    "cs(User-Agent)" "cs-uri-query" "cs(Cookie)" "x-edge-result-type" "x-edge-request-id" "x-host-header" "cs-protocol"
    "cs-bytes" "time-taken" "x-forwarded-for" "ssl-protocol" "ssl-cipher" "x-edge-response-result-type"
    "cs-protocol-version" "fle-status" "fle-encrypted-fields" "c-port" "time-to-first-byte"
    "x-edge-detailed-result-type" "sc-content-type" "sc-content-len" "sc-range-start" "sc-range-end"
}

/// One line of the log. Texts are kept decoded; `None` and an empty text are logged as `-`.
///
/// A text that is itself `-` cannot be told from a missing one after it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLogRecord {
    /// `date` and `time`: when the edge finished answering; written in UTC and whole seconds.
    pub finished: OffsetDateTime,
    /// `x-edge-location`, for example `SEA19-C1`.
    pub x_edge_location: String,
    /// `sc-bytes`: bytes to the viewer, headers included.
    pub sc_bytes: u64,
    /// `c-ip`: address of the viewer or its proxy.
    pub c_ip: IpAddr,
    /// `cs-method`.
    pub cs_method: String,
    /// `cs(Host)`: domain name of the distribution, whatever `Host` the viewer sent.
    pub cs_host: String,
    /// `cs-uri-stem`: path without the query.
    pub cs_uri_stem: String,
    /// `sc-status`, 0 to 999; 0, logged as `000`, if the viewer left before the answer began.
    pub sc_status: u16,
    /// `cs(Referer)`.
    pub cs_referer: Option<String>,
    /// `cs(User-Agent)`.
    pub cs_user_agent: Option<String>,
    /// `cs-uri-query`, without the question mark.
    pub cs_uri_query: Option<String>,
    /// `cs(Cookie)`; only where the distribution logs cookies.
    pub cs_cookie: Option<String>,
    /// `x-edge-result-type`: the class of the response after its last byte.
    pub x_edge_result_type: ResultType,
    /// `x-edge-request-id`: equals `X-Amz-Cf-Id` and the id on the error page.
    pub x_edge_request_id: RequestId,
    /// `x-host-header`: the `Host` the viewer sent.
    pub x_host_header: Option<String>,
    /// `cs-protocol`.
    pub cs_protocol: ViewerProtocol,
    /// `cs-bytes`: bytes from the viewer, headers included.
    pub cs_bytes: u64,
    /// `time-taken`: from the viewer's request to the last byte of the answer; written in seconds, cut to milliseconds.
    pub time_taken: Duration,
    /// `x-forwarded-for`: the viewer behind a proxy.
    pub x_forwarded_for: Option<String>,
    /// `ssl-protocol` of the viewer's connection, for example `TLSv1.3`.
    pub ssl_protocol: Option<String>,
    /// `ssl-cipher` of the viewer's connection, for example `TLS_AES_128_GCM_SHA256`.
    pub ssl_cipher: Option<String>,
    /// `x-edge-response-result-type`: the class of the response before its first byte.
    pub x_edge_response_result_type: ResultType,
    /// `cs-protocol-version`.
    pub cs_protocol_version: ProtocolVersion,
    /// `fle-status`; only with field-level encryption.
    pub fle_status: Option<String>,
    /// `fle-encrypted-fields`: number of encrypted fields; only with field-level encryption.
    pub fle_encrypted_fields: Option<u32>,
    /// `c-port`: the viewer's port.
    pub c_port: u16,
    /// `time-to-first-byte` of the answer; written in seconds, cut to milliseconds.
    pub time_to_first_byte: Duration,
    /// `x-edge-detailed-result-type`.
    pub x_edge_detailed_result_type: DetailedResultType,
    /// `sc-content-type`.
    pub sc_content_type: Option<String>,
    /// `sc-content-len`: the response's `Content-Length`.
    pub sc_content_len: Option<u64>,
    /// `sc-range-start`: first byte of a range response.
    pub sc_range_start: Option<u64>,
    /// `sc-range-end`: last byte of a range response.
    pub sc_range_end: Option<u64>,
    /// What only the newer logs have.
    pub more: MoreFields,
}

/// What the real-time log and standard logging v2 have beside the 33 columns of the standard log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MoreFields {
    /// `s-ip`: the edge's own address.
    pub s_ip: Option<IpAddr>,
    /// `cs-headers`, with the names and the number of them, `cs-accept` and `cs-accept-encoding`: the viewer's header
    /// lines in their order.
    pub cs_headers: Vec<(String, String)>,
    /// `cache-behavior-path-pattern` of the behavior that took the request; `*` for the default one.
    pub cache_behavior_path_pattern: Option<String>,
    /// `origin-fbl`: from the edge's turning to the origin to the first byte of the origin's answer; `None` if none
    /// came. Written in seconds, cut to milliseconds.
    pub origin_fbl: Option<Duration>,
    /// `origin-lbl`: the same to the last byte.
    pub origin_lbl: Option<Duration>,
}

impl MoreFields {
    fn header(&self, name: &str) -> Option<&String> {
        self.cs_headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// One header a line, as far as something is there.
    fn header_lines(&self, line: impl Fn(&(String, String)) -> String) -> String {
        text(&self.cs_headers.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

impl AccessLogRecord {
    /// Reads one line of the standard log, without its newline, in exactly the documented form.
    pub fn parse_line(line: &str) -> Result<Self, LogLineError> {
        LogFormat::standard().parse_line(line)?.record()
    }

    /// The line for the standard log, without a newline.
    pub fn to_line(&self) -> String {
        self.values().join("\t")
    }

    /// One column of the standard log as logged, by its name in [`FIELDS`]; `None` for an unknown name.
    pub fn value(&self, field: &str) -> Option<String> {
        Field::STANDARD.into_iter().find(|known| known.name() == field).map(|known| self.column(known))
    }

    /// The columns of the standard log as logged, in the order of [`FIELDS`].
    pub fn values(&self) -> [String; 33] {
        Field::STANDARD.map(|field| self.column(field))
    }

    /// One column of any of the logs as logged.
    pub fn column(&self, field: Field) -> String {
        match field {
            Field::Date => self.finished_as(DATE),
            Field::Time => self.finished_as(TIME),
            Field::XEdgeLocation => text(&self.x_edge_location),
            Field::ScBytes => self.sc_bytes.to_string(),
            Field::CIp => self.c_ip.to_string(),
            Field::CsMethod => text(&self.cs_method),
            Field::CsHost => text(&self.cs_host),
            Field::CsUriStem => text(&self.cs_uri_stem),
            Field::ScStatus => format!("{:03}", self.sc_status),
            Field::CsReferer => optional(self.cs_referer.as_ref()),
            Field::CsUserAgent => optional(self.cs_user_agent.as_ref()),
            Field::CsUriQuery => optional(self.cs_uri_query.as_ref()),
            Field::CsCookie => optional(self.cs_cookie.as_ref()),
            Field::XEdgeResultType => self.x_edge_result_type.to_string(),
            Field::XEdgeRequestId => self.x_edge_request_id.to_string(),
            Field::XHostHeader => optional(self.x_host_header.as_ref()),
            Field::CsProtocol => self.cs_protocol.to_string(),
            Field::CsBytes => self.cs_bytes.to_string(),
            Field::TimeTaken => seconds(self.time_taken),
            Field::XForwardedFor => optional(self.x_forwarded_for.as_ref()),
            Field::SslProtocol => optional(self.ssl_protocol.as_ref()),
            Field::SslCipher => optional(self.ssl_cipher.as_ref()),
            Field::XEdgeResponseResultType => self.x_edge_response_result_type.to_string(),
            Field::CsProtocolVersion => self.cs_protocol_version.to_string(),
            Field::FleStatus => optional(self.fle_status.as_ref()),
            Field::FleEncryptedFields => optional(self.fle_encrypted_fields),
            Field::CPort => self.c_port.to_string(),
            Field::TimeToFirstByte => seconds(self.time_to_first_byte),
            Field::XEdgeDetailedResultType => self.x_edge_detailed_result_type.to_string(),
            Field::ScContentType => optional(self.sc_content_type.as_ref()),
            Field::ScContentLen => optional(self.sc_content_len),
            Field::ScRangeStart => optional(self.sc_range_start),
            Field::ScRangeEnd => optional(self.sc_range_end),
            newer => self.newer_column(newer),
        }
    }

    /// A column that the standard log does not have.
    fn newer_column(&self, field: Field) -> String {
        let more = &self.more;
        match field {
            Field::Timestamp => seconds(Duration::from_millis(self.finished_millis())),
            Field::TimestampMs => self.finished_millis().to_string(),
            Field::SIp => optional(more.s_ip),
            Field::CIpVersion => if self.c_ip.is_ipv4() { "IPv4" } else { "IPv6" }.to_owned(),
            Field::CsUri => match self.cs_uri_query.as_deref().unwrap_or_default() {
                "" => text(&self.cs_uri_stem),
                query => text(&format!("{}?{query}", self.cs_uri_stem)),
            },
            Field::CsAccept => optional(more.header("accept")),
            Field::CsAcceptEncoding => optional(more.header("accept-encoding")),
            Field::CsHeaders => more.header_lines(|(name, value)| format!("{name}:{value}")),
            Field::CsHeaderNames => more.header_lines(|(name, _)| name.clone()),
            Field::CsHeadersCount => more.cs_headers.len().to_string(),
            Field::CacheBehaviorPathPattern => optional(more.cache_behavior_path_pattern.as_ref()),
            Field::OriginFbl => optional(more.origin_fbl.map(seconds)),
            Field::OriginLbl => optional(more.origin_lbl.map(seconds)),
            // What nobody can know on one machine; see [`Field::why_unknown`].
            _ => optional(None::<String>),
        }
    }

    fn finished_millis(&self) -> u64 {
        u64::try_from(self.finished.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
    }

    fn finished_as(&self, format: &[BorrowedFormatItem<'_>]) -> String {
        let utc = self.finished.to_offset(UtcOffset::UTC);
        utc.format(format).expect("a date-time has every part of the format")
    }
}

impl fmt::Display for AccessLogRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_line())
    }
}

impl FromStr for AccessLogRecord {
    type Err = LogLineError;

    fn from_str(line: &str) -> Result<Self, LogLineError> {
        Self::parse_line(line)
    }
}

#[cfg(test)]
mod tests;
