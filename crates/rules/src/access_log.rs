//! CloudFront's standard access log, in its W3C form.
//!
//! Fields, order and percent-encoding:
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>. One line for each
//! viewer request, 33 columns, separated by TAB, `-` for a missing value. Nothing in it tells about the origin's
//! address, certificate or TLS version; `ssl-protocol` and `ssl-cipher` are the viewer's.

mod parse;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use time::OffsetDateTime;
use time::UtcOffset;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

pub use parse::LogLineError;

use crate::RulesError;
use crate::outcome::{DetailedResultType, ResultType};
use crate::request_id::RequestId;
use crate::response::ViewerHttp;

/// What the documentation lists for encoding, beside everything from code point 127 on.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'\'')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'~');

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
}

impl AccessLogRecord {
    /// Reads one line, without its newline, in exactly the documented form.
    pub fn parse_line(line: &str) -> Result<Self, LogLineError> {
        parse::record(line)
    }

    /// The line for the log, without a newline.
    pub fn to_line(&self) -> String {
        self.values().join("\t")
    }

    /// One column as logged, by its name in [`FIELDS`]; `None` for an unknown name.
    pub fn value(&self, field: &str) -> Option<String> {
        FIELDS.iter().zip(self.values()).find(|(known, _)| **known == field).map(|(_, value)| value)
    }

    /// The columns as logged, in the order of [`FIELDS`].
    pub fn values(&self) -> [String; 33] {
        [
            self.finished_as(DATE),
            self.finished_as(TIME),
            text(&self.x_edge_location),
            self.sc_bytes.to_string(),
            self.c_ip.to_string(),
            text(&self.cs_method),
            text(&self.cs_host),
            text(&self.cs_uri_stem),
            format!("{:03}", self.sc_status),
            optional(self.cs_referer.as_ref()),
            optional(self.cs_user_agent.as_ref()),
            optional(self.cs_uri_query.as_ref()),
            optional(self.cs_cookie.as_ref()),
            self.x_edge_result_type.to_string(),
            self.x_edge_request_id.to_string(),
            optional(self.x_host_header.as_ref()),
            self.cs_protocol.to_string(),
            self.cs_bytes.to_string(),
            seconds(self.time_taken),
            optional(self.x_forwarded_for.as_ref()),
            optional(self.ssl_protocol.as_ref()),
            optional(self.ssl_cipher.as_ref()),
            self.x_edge_response_result_type.to_string(),
            self.cs_protocol_version.to_string(),
            optional(self.fle_status.as_ref()),
            optional(self.fle_encrypted_fields),
            self.c_port.to_string(),
            seconds(self.time_to_first_byte),
            self.x_edge_detailed_result_type.to_string(),
            optional(self.sc_content_type.as_ref()),
            optional(self.sc_content_len),
            optional(self.sc_range_start),
            optional(self.sc_range_end),
        ]
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

fn text(value: &str) -> String {
    if value.is_empty() { "-".to_owned() } else { utf8_percent_encode(value, ENCODED).to_string() }
}

fn optional(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| text(&value.to_string()))
}

fn seconds(duration: Duration) -> String {
    format!("{}.{:03}", duration.as_secs(), duration.subsec_millis())
}

#[cfg(test)]
mod tests;
