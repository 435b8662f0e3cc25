//! What goes over the wire as the answer to one request: a pure function of the specification and the request.

use std::fmt::Write as _;

use http::StatusCode;
use time::{OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};

use crate::{
    history::{Negotiated, PortKind, RequestRecord},
    spec::{HttpBehavior, HttpSpec, OriginSpec},
};

/// `Date` header format (RFC 9110 section 5.6.7).
const HTTP_DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// CloudFront's quota for the headers of an origin response, in bytes.
/// See <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>.
const HEADER_QUOTA: usize = 32_768;

/// Number of bytes promised beyond those sent, where the answer is cut.
const MISSING: usize = 1024;

/// What an answer depends on.
pub(crate) struct Facts<'a> {
    pub(crate) spec: &'a OriginSpec,
    /// The part of it that this request gets.
    pub(crate) http: &'a HttpSpec,
    pub(crate) port: PortKind,
    pub(crate) sni: Option<&'a str>,
    pub(crate) negotiated: Option<&'a Negotiated>,
    pub(crate) now: OffsetDateTime,
    pub(crate) request: &'a RequestRecord,
}

/// The bytes, and what happens to the connection after them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    /// Where the body begins.
    pub(crate) body_at: usize,
    pub(crate) then: Then,
}

/// What the origin does with the connection after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    KeepAlive,
    Close,
    Reset,
    Stall,
}

/// The answer to a request, after the interim ones.
pub(crate) fn answer(facts: &Facts<'_>) -> Answer {
    let (last, then) = last(facts);
    let mut bytes = interim(&facts.http.interim);
    let body_at = bytes.len() + head_len(&last);
    bytes.extend_from_slice(&last);
    Answer { bytes, body_at, then }
}

/// Responses that announce the one that counts (RFC 9110 section 15.2).
fn interim(statuses: &[u16]) -> Vec<u8> {
    let one = |status: &u16| {
        let hint = if *status == 103 { "Link: </style.css>; rel=preload\r\n" } else { "" };
        format!("HTTP/1.1 {status} {}\r\n{hint}\r\n", reason(*status))
    };
    statuses.iter().map(one).collect::<String>().into_bytes()
}

fn last(facts: &Facts<'_>) -> (Vec<u8>, Then) {
    let http = facts.http;
    if let Some(raw) = &http.raw {
        return (raw.as_slice().to_vec(), Then::Close);
    }
    let mut message = Message::new(facts);
    let then = match http.behavior {
        HttpBehavior::Answer if message.keep_alive => Then::KeepAlive,
        HttpBehavior::CloseWithoutAnswer => return (Vec::new(), Then::Close),
        HttpBehavior::ResetWithoutAnswer => return (Vec::new(), Then::Reset),
        HttpBehavior::Silent => return (Vec::new(), Then::Stall),
        HttpBehavior::StalledBody | HttpBehavior::StalledHeaders => Then::Stall,
        _ => Then::Close,
    };
    message.spoil(http.behavior);
    let mut bytes = message.into_bytes();
    if matches!(http.behavior, HttpBehavior::TruncatedHeaders | HttpBehavior::StalledHeaders) {
        bytes.truncate(head_len(&bytes) / 2);
    }
    (bytes, then)
}

/// Up to and with the empty line.
fn head_len(bytes: &[u8]) -> usize {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4)
}

/// A response in pieces that can be spoilt one by one.
struct Message {
    status_line: String,
    headers: Vec<(String, String)>,
    /// Header lines that are not of the form name, colon, value.
    odd_lines: Vec<String>,
    body: Vec<u8>,
    keep_alive: bool,
    bodiless: bool,
}

impl Message {
    fn new(facts: &Facts<'_>) -> Self {
        let status = facts.http.status;
        let reason = reason(status);
        let keep_alive = keeps_alive(facts.request) && facts.http.behavior == HttpBehavior::Answer;
        let (content_type, body) = body(facts);
        let bodiless = facts.request.method == "HEAD" || matches!(status, 100..=199 | 204 | 304);
        let mut message = Self {
            status_line: format!("HTTP/1.1 {status} {reason}"),
            headers: Vec::new(),
            odd_lines: Vec::new(),
            body,
            keep_alive,
            bodiless,
        };
        message.own_headers(facts, content_type);
        let stated = &facts.http.headers;
        message.headers.retain(|(name, _)| !stated.contains(name));
        message.headers.extend(stated.iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        message
    }

    fn own_headers(&mut self, facts: &Facts<'_>, content_type: &str) {
        let server = if facts.spec.load_balancer { "awselb/2.0" } else { "edge502-origin" };
        let date = facts.now.to_offset(UtcOffset::UTC).format(HTTP_DATE).unwrap_or_default();
        self.push("Date", date);
        if !matches!(facts.http.status, 100..=199 | 204) {
            self.push("Content-Type", content_type);
            self.push("Content-Length", self.body.len().to_string());
        }
        self.push("Connection", if self.keep_alive { "keep-alive" } else { "close" });
        self.push("Server", server);
        self.push("x-origin", facts.spec.name.clone());
        self.push("x-origin-tls", facts.negotiated.map_or("none", |negotiated| &negotiated.version));
    }

    fn push(&mut self, name: &str, value: impl Into<String>) {
        self.headers.push((name.to_owned(), value.into()));
    }

    fn set(&mut self, name: &str, value: impl Into<String>) {
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self.push(name, value);
    }

    fn spoil(&mut self, behavior: HttpBehavior) {
        match behavior {
            HttpBehavior::MalformedStatusLine => "HTTP/1.1 two-hundred".clone_into(&mut self.status_line),
            HttpBehavior::MalformedHeader => self.odd_lines.push("This line has no colon".to_owned()),
            HttpBehavior::ConflictingContentLength => self.push("Content-Length", (self.body.len() + 1).to_string()),
            HttpBehavior::OversizedHeaders => self.pad_headers(),
            HttpBehavior::TruncatedBody | HttpBehavior::StalledBody => {
                self.set("Content-Length", (self.body.len() + MISSING).to_string());
            }
            HttpBehavior::TruncatedChunks => self.open_ended_chunks(),
            HttpBehavior::Answer
            | HttpBehavior::CloseWithoutAnswer
            | HttpBehavior::ResetWithoutAnswer
            | HttpBehavior::Silent
            | HttpBehavior::TruncatedHeaders
            | HttpBehavior::StalledHeaders => {}
        }
    }

    /// Sixteen headers, because some clients have a bound for a single one that is not the case here.
    fn pad_headers(&mut self) {
        for number in 1..=16 {
            self.push(&format!("x-padding-{number}"), "x".repeat(HEADER_QUOTA / 16));
        }
    }

    fn open_ended_chunks(&mut self) {
        self.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
        self.push("Transfer-Encoding", "chunked");
        let mut chunk = format!("{:x}\r\n", self.body.len().max(1)).into_bytes();
        chunk.extend_from_slice(if self.body.is_empty() { b"x" } else { &self.body });
        chunk.extend_from_slice(b"\r\n");
        self.body = chunk;
    }

    fn into_bytes(self) -> Vec<u8> {
        let mut head = self.status_line + "\r\n";
        for (name, value) in &self.headers {
            // Writing to a string does not fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        for line in &self.odd_lines {
            let _ = write!(head, "{line}\r\n");
        }
        let mut bytes = (head + "\r\n").into_bytes();
        if !self.bodiless {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Unknown")
}

/// Persistence of connections (RFC 9112 section 9.3).
fn keeps_alive(request: &RequestRecord) -> bool {
    let asks = |word: &str| {
        request
            .header("connection")
            .is_some_and(|value| value.split(',').any(|token| token.trim().eq_ignore_ascii_case(word)))
    };
    if request.version == "HTTP/1.0" { asks("keep-alive") } else { !asks("close") }
}

fn body(facts: &Facts<'_>) -> (&'static str, Vec<u8>) {
    let status = facts.http.status;
    let (kind, body) = match &facts.http.body {
        Some(body) => ("text/plain; charset=utf-8", body.clone()),
        None if facts.spec.load_balancer && status >= 400 => ("text/html", load_balancer_page(status)),
        None => ("text/plain; charset=utf-8", default_page(facts)),
    };
    (kind, body.into_bytes())
}

fn load_balancer_page(status: u16) -> String {
    let title = format!("{status} {}", reason(status));
    format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
}

fn default_page(facts: &Facts<'_>) -> String {
    let port = match facts.port {
        PortKind::Https => "HTTPS",
        PortKind::Http => "HTTP",
    };
    let tls = facts.negotiated.map_or_else(
        || "none, this connection is in clear text".to_owned(),
        |negotiated| format!("{}, {}", negotiated.version, negotiated.cipher_suite),
    );
    format!(
        "This is the origin {name} (TEST ONLY), {port} port.\nTLS: {tls}\nSNI: {sni}\nHost: {host}\nRequest: {method} {target}\n",
        name = facts.spec.name,
        sni = facts.sni.unwrap_or("none"),
        host = facts.request.header("host").unwrap_or("none"),
        method = facts.request.method,
        target = facts.request.target,
    )
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::spec::HttpHeaders;

    fn request(method: &str, version: &str, headers: &[(&str, &str)]) -> RequestRecord {
        RequestRecord {
            method: method.to_owned(),
            target: "/".to_owned(),
            version: version.to_owned(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body_len: 0,
        }
    }

    fn answered(spec: &OriginSpec, request: &RequestRecord) -> (String, Then) {
        let now = datetime!(2026-11-23 08:05:09 UTC);
        let negotiated = Negotiated { version: "TLSv1".to_owned(), cipher_suite: "X".to_owned() };
        let facts = Facts {
            spec,
            http: &spec.http,
            port: PortKind::Https,
            sni: Some("a.test"),
            negotiated: Some(&negotiated),
            now,
            request,
        };
        let answer = answer(&facts);
        (String::from_utf8(answer.bytes).unwrap(), answer.then)
    }

    fn get(spec: &OriginSpec) -> (String, Then) {
        answered(spec, &request("GET", "HTTP/1.1", &[]))
    }

    fn behaving(behavior: HttpBehavior) -> OriginSpec {
        let mut spec = OriginSpec::default();
        spec.http.behavior = behavior;
        spec.http.body = Some("body".to_owned());
        spec
    }

    #[test]
    fn the_default_answer_tells_what_was_negotiated() {
        let (text, then) = get(&OriginSpec::default());
        assert!(text.starts_with("HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 08:05:09 GMT\r\n"), "{text}");
        assert!(text.contains("\r\nx-origin-tls: TLSv1\r\n") && text.contains("SNI: a.test"), "{text}");
        assert_eq!(then, Then::KeepAlive);
    }

    #[test]
    fn head_gets_the_head_of_get() {
        let spec = behaving(HttpBehavior::Answer);
        let head = answered(&spec, &request("HEAD", "HTTP/1.1", &[])).0;
        assert_eq!(get(&spec).0, head.clone() + "body");
        assert!(head.contains("Content-Length: 4\r\n"));
    }

    #[test]
    fn connections_persist_as_the_client_wishes() {
        let then = |version, headers: &[_]| answered(&OriginSpec::default(), &request("GET", version, headers)).1;
        assert_eq!(then("HTTP/1.1", &[("connection", "Close")]), Then::Close);
        assert_eq!(then("HTTP/1.0", &[]), Then::Close);
        assert_eq!(then("HTTP/1.0", &[("Connection", "keep-alive")]), Then::KeepAlive);
    }

    #[test]
    fn interim_responses_come_first() {
        let mut spec = behaving(HttpBehavior::Answer);
        spec.http.interim = vec![100, 103];
        let text = get(&spec).0;
        let announced =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
        assert!(text.starts_with(&format!("{announced}HTTP/1.1 200 OK\r\n")), "{text}");
    }

    #[test]
    fn stated_headers_replace_own_ones() {
        let mut spec = behaving(HttpBehavior::Answer);
        spec.http.headers =
            HttpHeaders::from_iter([("content-length", "99"), ("Set-Cookie", "a"), ("Set-Cookie", "b")]);
        let text = get(&spec).0;
        assert!(
            !text.contains("Content-Length") && text.contains("content-length: 99\r\nSet-Cookie: a\r\nSet-Cookie: b")
        );
    }

    #[test]
    fn a_load_balancer_answers_errors_with_its_page() {
        let mut spec = OriginSpec { load_balancer: true, ..OriginSpec::default() };
        spec.http.status = 502;
        let text = get(&spec).0;
        assert!(text.contains("Server: awselb/2.0\r\n") && text.contains("<h1>502 Bad Gateway</h1>"), "{text}");
    }

    #[test]
    fn every_broken_answer_is_broken_in_its_own_way() {
        use HttpBehavior as B;
        for (behavior, part, then) in [
            (B::MalformedStatusLine, "HTTP/1.1 two-hundred\r\n", Then::Close),
            (B::MalformedHeader, "\r\nThis line has no colon\r\n", Then::Close),
            (B::ConflictingContentLength, "\r\nContent-Length: 5\r\n", Then::Close),
            (B::TruncatedBody, "\r\nContent-Length: 1028\r\n", Then::Close),
            (B::StalledBody, "\r\nContent-Length: 1028\r\n", Then::Stall),
            (B::TruncatedChunks, "\r\n\r\n4\r\nbody\r\n", Then::Close),
            (B::OversizedHeaders, "\r\nx-padding-16: xxx", Then::Close),
        ] {
            let (text, actual) = get(&behaving(behavior));
            assert!(text.contains(part), "{behavior:?}: {text}");
            assert_eq!(actual, then, "{behavior:?}");
        }
        assert!(get(&behaving(B::OversizedHeaders)).0.len() > HEADER_QUOTA);
        for (behavior, then) in [(B::TruncatedHeaders, Then::Close), (B::StalledHeaders, Then::Stall)] {
            let (text, actual) = get(&behaving(behavior));
            assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && !text.contains("\r\n\r\n"), "{behavior:?}: {text}");
            assert_eq!(actual, then, "{behavior:?}");
        }
        assert_eq!(get(&behaving(B::CloseWithoutAnswer)), (String::new(), Then::Close));
        assert_eq!(get(&behaving(B::ResetWithoutAnswer)), (String::new(), Then::Reset));
        assert_eq!(get(&behaving(B::Silent)), (String::new(), Then::Stall));
    }
}
