//! The heads of the responses CloudFront makes itself, and what it adds to those of an origin.
//!
//! AWS names the headers
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>);
//! order, case and values follow public captures. The edge's own pages come with `Server: CloudFront`; those of the
//! 2026 family come without it, in the order of a relayed response, with `date` in lower case even on HTTP/1.1.
//! `HEAD` gets the head of the `GET`, its `Content-Length` included; leaving out the body is the listener's work.
//! `Alt-Svc` is not sent: the edge does not speak HTTP/3.

use std::fmt;

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use crate::outcome::XCache;
use crate::page::{ErrorPages, Page};
use crate::request_id::RequestId;

/// IMF-fixdate, RFC 9110 section 5.6.7.
const IMF_FIXDATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// The HTTP version spoken with the viewer. Ordered by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ViewerHttp {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1.
    Http11,
    /// HTTP/2.
    Http2,
}

impl ViewerHttp {
    /// The version number alone, as in `Via`: `1.0`, `1.1` or `2.0`.
    pub const fn number(self) -> &'static str {
        match self {
            Self::Http10 => "1.0",
            Self::Http11 => "1.1",
            Self::Http2 => "2.0",
        }
    }
}

impl fmt::Display for ViewerHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP/{}", self.number())
    }
}

/// One server of an edge location. Real ones differ from request to request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EdgeServer {
    /// The server's host name in `Via`: 32 lower-case hex digits, without `.cloudfront.net`.
    pub via_host: String,
    /// The location, as in `X-Amz-Cf-Pop`: an airport's code, two digits, `-C` or `-P` and a number; `FRA60-P13`.
    pub pop: String,
}

impl EdgeServer {
    /// The server whose host name is these 16 bytes in hex.
    pub fn from_bytes(host: [u8; 16], pop: impl Into<String>) -> Self {
        Self { via_host: format!("{:032x}", u128::from_be_bytes(host)), pop: pop.into() }
    }

    /// `Via` of the response; `1.1` whatever the viewer speaks.
    pub fn via_to_viewer(&self) -> String {
        self.via(ViewerHttp::Http11)
    }

    /// `Via` of the request to the origin; it carries the viewer's version.
    pub fn via_to_origin(&self, viewer: ViewerHttp) -> String {
        self.via(viewer)
    }

    fn via(&self, version: ViewerHttp) -> String {
        format!("{} {}.cloudfront.net (CloudFront)", version.number(), self.via_host)
    }
}

/// Status and headers of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// The HTTP status.
    pub status: u16,
    /// The headers in CloudFront's order and case: mixed on HTTP/1, lower on HTTP/2.
    pub headers: Vec<(&'static str, String)>,
}

impl ResponseHead {
    /// The reason phrase of the status line on HTTP/1; see [`reason_phrase`].
    pub const fn reason(&self) -> &'static str {
        reason_phrase(self.status)
    }

    /// The value of a header, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The reason phrase of the statuses CloudFront sets itself, RFC 9110 section 15; empty for all others.
///
/// 301, 403 and 502 were seen in captures. 494 is not registered; its page says `Bad request.`, hence its phrase.
pub const fn reason_phrase(status: u16) -> &'static str {
    match status {
        301 => "Moved Permanently",
        307 => "Temporary Redirect",
        400 | 494 => "Bad Request",
        403 => "Forbidden",
        414 => "URI Too Long",
        421 => "Misdirected Request",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

/// A date as HTTP headers carry it, for example `Wed, 21 Jan 2026 22:18:35 GMT` (RFC 9110 section 5.6.7).
///
/// Any offset is converted to UTC; the year must be 0 to 9999.
pub fn http_date(date: OffsetDateTime) -> String {
    date.to_offset(UtcOffset::UTC).format(IMF_FIXDATE).expect("a date-time has every part of the format")
}

/// Which server answers which request, and over what.
#[derive(Debug, Clone, Copy)]
pub struct ResponseContext<'a> {
    /// The HTTP version spoken with the viewer.
    pub http: ViewerHttp,
    /// Whether the connection stays open afterwards; `Connection` on HTTP/1, without meaning on HTTP/2.
    pub keep_alive: bool,
    /// The server that answers.
    pub edge: &'a EdgeServer,
    /// The request's id. A cached error is sent with the id of the request it answers now.
    pub request_id: &'a RequestId,
}

impl ResponseContext<'_> {
    /// The head of one of CloudFront's own error pages.
    ///
    /// `date` is when the page was made: for one served from the error cache the time of the first response, with `age`
    /// the seconds since then. `age` is `None` for a fresh page.
    pub fn error_head(self, page: Page, x_cache: XCache, date: OffsetDateTime, age: Option<u64>) -> ResponseHead {
        let mut head = self.page_head(page, date);
        self.append_own(&mut head, x_cache, age);
        self.finish(page, head)
    }

    /// The head that sends the viewer from HTTP to HTTPS.
    ///
    /// `page` is [`Page::MovedPermanently`] for `GET` and `HEAD`, [`Page::TemporaryRedirect`] for other methods
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html>);
    /// `location` is the same address with `https`.
    pub fn redirect_head(self, page: Page, location: &str, date: OffsetDateTime) -> ResponseHead {
        let mut head = self.page_head(page, date);
        head.push((LOCATION, location.to_owned()));
        self.append_own(&mut head, XCache::Redirect, None);
        self.finish(page, head)
    }

    /// The headers that follow the origin's in a relayed or cached response, in order.
    ///
    /// `Via` takes the place of the origin's. `age` is the seconds since the object was fetched, `None` on a miss.
    pub fn appended_headers(self, x_cache: XCache, age: Option<u64>) -> Vec<(&'static str, String)> {
        let mut head = Vec::with_capacity(5);
        self.append_own(&mut head, x_cache, age);
        self.spelled(head)
    }

    fn page_head(self, page: Page, date: OffsetDateTime) -> Vec<(Name, String)> {
        let connection = if self.keep_alive { "keep-alive" } else { "close" };
        let content = [
            (CONTENT_TYPE, "text/html".to_owned()),
            (CONTENT_LENGTH, page.content_length().to_string()),
            (CONNECTION, connection.to_owned()),
        ];
        let date = http_date(date);
        match page.family() {
            ErrorPages::Edge2019 => {
                [(SERVER, "CloudFront".to_owned()), (DATE, date)].into_iter().chain(content).collect()
            }
            ErrorPages::OriginFacing2026 => content.into_iter().chain([(DATE_OF_2026, date)]).collect(),
        }
    }

    fn append_own(self, head: &mut Vec<(Name, String)>, x_cache: XCache, age: Option<u64>) {
        head.extend([
            (X_CACHE, x_cache.as_str().to_owned()),
            (VIA, self.edge.via_to_viewer()),
            (X_AMZ_CF_POP, self.edge.pop.clone()),
            (X_AMZ_CF_ID, self.request_id.as_str().to_owned()),
        ]);
        head.extend(age.map(|seconds| (AGE, seconds.to_string())));
    }

    fn finish(self, page: Page, head: Vec<(Name, String)>) -> ResponseHead {
        ResponseHead { status: page.status(), headers: self.spelled(head) }
    }

    /// The names as this HTTP version spells them; HTTP/2 has no `Connection` (RFC 9113 section 8.2.2).
    fn spelled(self, head: Vec<(Name, String)>) -> Vec<(&'static str, String)> {
        match self.http {
            ViewerHttp::Http10 | ViewerHttp::Http11 => {
                head.into_iter().map(|(name, value)| (name.http1, value)).collect()
            }
            ViewerHttp::Http2 => {
                let kept = head.into_iter().filter(|(name, _)| *name != CONNECTION);
                kept.map(|(name, value)| (name.http2, value)).collect()
            }
        }
    }
}

/// A header's name in both spellings.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Name {
    http1: &'static str,
    http2: &'static str,
}

const fn name(http1: &'static str, http2: &'static str) -> Name {
    Name { http1, http2 }
}

const AGE: Name = name("Age", "age");
const CONNECTION: Name = name("Connection", "connection");
const CONTENT_LENGTH: Name = name("Content-Length", "content-length");
const CONTENT_TYPE: Name = name("Content-Type", "content-type");
const DATE: Name = name("Date", "date");
/// The 2026 family writes it so on HTTP/1.1 too.
const DATE_OF_2026: Name = name("date", "date");
const LOCATION: Name = name("Location", "location");
const SERVER: Name = name("Server", "server");
const VIA: Name = name("Via", "via");
const X_AMZ_CF_ID: Name = name("X-Amz-Cf-Id", "x-amz-cf-id");
const X_AMZ_CF_POP: Name = name("X-Amz-Cf-Pop", "x-amz-cf-pop");
const X_CACHE: Name = name("X-Cache", "x-cache");

#[cfg(test)]
mod tests;
