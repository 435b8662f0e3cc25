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

pub use field::Field;
pub use format::{Encoding, LogFormat};
pub use parse::{LogLine, LogLineError};
pub use words::{ProtocolVersion, ViewerProtocol};

use crate::outcome::{DetailedResultType, ResultType};
use crate::request_id::RequestId;
use encoding::{
    joined, number, optional, optional_number, optional_seconds, optional_text, padded, plain, seconds, text,
};

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
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.cs_headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// One header a line, as far as something is there.
    fn header_lines(&self, line: impl Fn(&(String, String)) -> String) -> String {
        self.cs_headers.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl AccessLogRecord {
    /// Reads one line of the standard log, without its newline, in exactly the documented form.
    pub fn parse_line(line: &str) -> Result<Self, LogLineError> {
        LogFormat::standard().parse_line(line)?.record()
    }

    /// The line for the standard log, without a newline.
    pub fn to_line(&self) -> String {
        LogFormat::standard().line(self)
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
        let mut column = String::new();
        self.put(field, &mut column);
        column
    }

    /// Appends one column of any of the logs to `out`, as logged.
    pub(crate) fn put(&self, field: Field, out: &mut String) {
        match field {
            Field::Date => {
                let (year, month, day) = self.finished_utc().to_calendar_date();
                joined('-', [(year.unsigned_abs().into(), 4), (u8::from(month).into(), 2), (day.into(), 2)], out);
            }
            Field::Time => {
                let (hour, minute, second) = self.finished_utc().to_hms();
                joined(':', [hour, minute, second].map(|part| (part.into(), 2)), out);
            }
            Field::XEdgeLocation => text(&self.x_edge_location, out),
            Field::ScBytes => number(self.sc_bytes, out),
            Field::CIp => plain(self.c_ip, out),
            Field::CsMethod => text(&self.cs_method, out),
            Field::CsHost => text(&self.cs_host, out),
            Field::CsUriStem => text(&self.cs_uri_stem, out),
            Field::ScStatus => padded(self.sc_status.into(), 3, out),
            Field::CsReferer => optional_text(self.cs_referer.as_deref(), out),
            Field::CsUserAgent => optional_text(self.cs_user_agent.as_deref(), out),
            Field::CsUriQuery => optional_text(self.cs_uri_query.as_deref(), out),
            Field::CsCookie => optional_text(self.cs_cookie.as_deref(), out),
            Field::XEdgeResultType => out.push_str(self.x_edge_result_type.as_str()),
            Field::XEdgeRequestId => out.push_str(self.x_edge_request_id.as_str()),
            Field::XHostHeader => optional_text(self.x_host_header.as_deref(), out),
            Field::CsProtocol => out.push_str(self.cs_protocol.as_str()),
            Field::CsBytes => number(self.cs_bytes, out),
            Field::TimeTaken => seconds(self.time_taken, out),
            Field::XForwardedFor => optional_text(self.x_forwarded_for.as_deref(), out),
            Field::SslProtocol => optional_text(self.ssl_protocol.as_deref(), out),
            Field::SslCipher => optional_text(self.ssl_cipher.as_deref(), out),
            Field::XEdgeResponseResultType => out.push_str(self.x_edge_response_result_type.as_str()),
            Field::CsProtocolVersion => out.push_str(self.cs_protocol_version.as_str()),
            Field::FleStatus => optional_text(self.fle_status.as_deref(), out),
            Field::FleEncryptedFields => optional(self.fle_encrypted_fields, out),
            Field::CPort => number(self.c_port.into(), out),
            Field::TimeToFirstByte => seconds(self.time_to_first_byte, out),
            Field::XEdgeDetailedResultType => out.push_str(self.x_edge_detailed_result_type.as_str()),
            Field::ScContentType => optional_text(self.sc_content_type.as_deref(), out),
            Field::ScContentLen => optional_number(self.sc_content_len, out),
            Field::ScRangeStart => optional_number(self.sc_range_start, out),
            Field::ScRangeEnd => optional_number(self.sc_range_end, out),
            newer => self.put_newer(newer, out),
        }
    }

    /// A column that the standard log does not have.
    fn put_newer(&self, field: Field, out: &mut String) {
        let more = &self.more;
        match field {
            Field::Timestamp => seconds(Duration::from_millis(self.finished_millis()), out),
            Field::TimestampMs => number(self.finished_millis(), out),
            Field::SIp => optional(more.s_ip, out),
            Field::CIpVersion => out.push_str(if self.c_ip.is_ipv4() { "IPv4" } else { "IPv6" }),
            Field::CsUri => match self.cs_uri_query.as_deref().unwrap_or_default() {
                "" => text(&self.cs_uri_stem, out),
                query => text(&format!("{}?{query}", self.cs_uri_stem), out),
            },
            Field::CsAccept => optional_text(more.header("accept"), out),
            Field::CsAcceptEncoding => optional_text(more.header("accept-encoding"), out),
            Field::CsHeaders => text(&more.header_lines(|(name, value)| format!("{name}:{value}")), out),
            Field::CsHeaderNames => text(&more.header_lines(|(name, _)| name.clone()), out),
            Field::CsHeadersCount => number(more.cs_headers.len() as u64, out),
            Field::CacheBehaviorPathPattern => optional_text(more.cache_behavior_path_pattern.as_deref(), out),
            Field::OriginFbl => optional_seconds(more.origin_fbl, out),
            Field::OriginLbl => optional_seconds(more.origin_lbl, out),
            // What nobody can know on one machine; see [`Field::why_unknown`].
            _ => optional_text(None, out),
        }
    }

    fn finished_millis(&self) -> u64 {
        u64::try_from(self.finished.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
    }

    fn finished_utc(&self) -> OffsetDateTime {
        self.finished.to_offset(UtcOffset::UTC)
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
